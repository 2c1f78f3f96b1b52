import { spliceBetween } from './host-splice.ts';
import type { Backend, Bind, HostTable, MatchEntry, RouteTable, Rule } from './table.ts';

/** What turns one table into the next. Entries are replaced whole, but for host tables of which a part changed. */
export interface TableDiff {
  readonly binds: EntryDiff<Bind>;
  readonly hosts: HostDiff;
  readonly rules: EntryDiff<Rule>;
  readonly backends: EntryDiff<Backend>;
}

export interface EntryDiff<T> {
  readonly set: readonly (readonly [key: string, value: T])[];
  readonly remove: readonly string[];
}

export interface HostDiff extends EntryDiff<HostTable> {
  /** Applied after `set` and `remove`; at most one per host table. */
  readonly splices: readonly HostSplice[];
}

/**
 * Replaces a run of a host table's entries. Cloning a table of 5,000 entries to a worker stalls it for more than 10 ms, and a
 * single host may have that many.
 */
export interface HostSplice {
  /** `HostTable.key`. */
  readonly key: string;
  readonly start: number;
  readonly deleteCount: number;
  readonly insert: readonly MatchEntry[];
}

export const emptyTable: RouteTable = {
  binds: new Map(),
  hosts: new Map(),
  rules: new Map(),
  backends: new Map(),
};

/** Compares by identity: `next` must share unchanged entries with `previous`. */
export function diffTables(previous: RouteTable, next: RouteTable): TableDiff {
  return {
    binds: diffEntries(previous.binds, next.binds),
    hosts: diffHosts(previous.hosts, next.hosts),
    rules: diffEntries(previous.rules, next.rules),
    backends: diffEntries(previous.backends, next.backends),
  };
}

export function isEmptyDiff({ binds, hosts, rules, backends }: TableDiff): boolean {
  return (
    hosts.splices.length === 0 &&
    [binds, hosts, rules, backends].every((entries) => entries.set.length === 0 && entries.remove.length === 0)
  );
}

function diffHosts(previous: RouteTable['hosts'], next: RouteTable['hosts']): HostDiff {
  const { set, remove } = diffEntries(previous, next);
  const whole: (typeof set)[number][] = [];
  const splices: HostSplice[] = [];
  for (const change of set) {
    const before = previous.get(change[0]);
    const splice = before === undefined ? null : spliceBetween(before, change[1]);
    if (splice === null) whole.push(change);
    else if (splice.deleteCount + splice.insert.length > 0) splices.push(splice);
  }
  return { set: whole, remove, splices };
}

function diffEntries<T>(previous: ReadonlyMap<string, T>, next: ReadonlyMap<string, T>): EntryDiff<T> {
  const set: [string, T][] = [];
  const remove: string[] = [];
  if (previous !== next) {
    for (const [key, value] of next) if (previous.get(key) !== value) set.push([key, value]);
    for (const key of previous.keys()) if (!next.has(key)) remove.push(key);
  }
  return { set, remove };
}
