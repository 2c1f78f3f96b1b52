import type { Contribution, RouteNode } from './graph.ts';
import { compareRanked, type RankedEntry } from './precedence.ts';
import { patchData, patchMap } from './same.ts';
import type { HostTable } from './table.ts';

/** The host tables of one compile. */
export interface Hosts {
  readonly tables: ReadonlyMap<string, HostTable>;
  /** The entries of each table with their places, so that a changed route is taken out and put in without sorting the others again. */
  readonly ranked: ReadonlyMap<string, readonly RankedEntry[]>;
}

/** One route before and now; undefined where it was or is not. */
export interface RouteChange {
  /** `routeKey`. */
  readonly route: string;
  /** `namespace/name`. */
  readonly key: string;
  readonly before: RouteNode | undefined;
  readonly now: RouteNode | undefined;
}

/** Rebuilds the tables that a changed route was or is in; all others stay as they are. */
export function updateHosts(before: Hosts, changes: readonly RouteChange[]): Hosts {
  const changed = new Set(changes.map(({ route }) => route));
  const ranked = new Map<string, readonly RankedEntry[] | undefined>();
  const tables = new Map<string, HostTable | undefined>();
  for (const [key, contributions] of collectTouched(changes)) {
    const kept = (before.ranked.get(key) ?? []).filter(({ route }) => !changed.has(route));
    const added = contributions.flatMap(({ entries }) => entries).sort(compareRanked);
    const entries = merge(kept, added);
    ranked.set(key, entries.length === 0 ? undefined : entries);
    const names = contributions[0] ?? before.tables.get(key)!;
    tables.set(key, entries.length === 0 ? undefined : toTable(key, entries, names));
  }
  return { tables: patchData(before.tables, tables), ranked: patchMap(before.ranked, ranked) };
}

/** By host key, what the changed routes now bring to it: nothing where they only were. */
function collectTouched(changes: readonly RouteChange[]): ReadonlyMap<string, Contribution[]> {
  const touched = new Map<string, Contribution[]>();
  for (const { before, now } of changes) {
    for (const { host } of before?.contributions ?? []) if (!touched.has(host)) touched.set(host, []);
    for (const contribution of now?.contributions ?? []) {
      const list = touched.get(contribution.host);
      if (list === undefined) touched.set(contribution.host, [contribution]);
      else list.push(contribution);
    }
  }
  return touched;
}

/** Two sorted lists into one. */
function merge(a: readonly RankedEntry[], b: readonly RankedEntry[]): readonly RankedEntry[] {
  if (a.length === 0) return b;
  const merged: RankedEntry[] = [];
  let j = 0;
  for (const entry of a) {
    while (j < b.length && compareRanked(b[j]!, entry) < 0) merged.push(b[j++]!);
    merged.push(entry);
  }
  while (j < b.length) merged.push(b[j++]!);
  return merged;
}

function toTable(
  key: string,
  ranked: readonly RankedEntry[],
  { listener, hostname }: Pick<HostTable, 'listener' | 'hostname'>,
): HostTable {
  return { key, listener, hostname, entries: ranked.map(({ entry }) => entry) };
}
