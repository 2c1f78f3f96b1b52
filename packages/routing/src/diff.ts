import type { Backend, Bind, HostTable, RouteTable, Rule } from './table.ts';

/** What turns one table into the next. Entries are replaced whole. */
export interface TableDiff {
  readonly binds: EntryDiff<Bind>;
  readonly hosts: EntryDiff<HostTable>;
  readonly rules: EntryDiff<Rule>;
  readonly backends: EntryDiff<Backend>;
}

export interface EntryDiff<T> {
  readonly set: readonly (readonly [key: string, value: T])[];
  readonly remove: readonly string[];
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
    hosts: diffEntries(previous.hosts, next.hosts),
    rules: diffEntries(previous.rules, next.rules),
    backends: diffEntries(previous.backends, next.backends),
  };
}

export function isEmptyDiff(diff: TableDiff): boolean {
  return Object.values(diff).every(
    (entries: EntryDiff<unknown>) => entries.set.length === 0 && entries.remove.length === 0,
  );
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
