import type { Contribution, RouteNode } from './graph.ts';
import { compareRanked, type RankedEntry } from './precedence.ts';
import { keep } from './same.ts';
import type { HostTable } from './table.ts';

/** A host table with the places of its entries, so that a changed route can be taken out and put in without sorting the others again. */
export interface HostNode {
  readonly table: HostTable;
  readonly ranked: readonly RankedEntry[];
}

/** One route before and now; undefined where it was or is not. */
export interface RouteChange {
  readonly key: string;
  readonly before: RouteNode | undefined;
  readonly now: RouteNode | undefined;
}

/** Rebuilds the tables that a changed route was or is in; all others stay as they are. */
export function updateHosts(
  before: ReadonlyMap<string, HostNode>,
  changes: readonly RouteChange[],
): ReadonlyMap<string, HostNode> {
  if (changes.length === 0) return before;
  const changed = new Set(changes.map(({ key }) => key));
  const touched = collectTouched(changes);
  const hosts = new Map(before);
  for (const [key, contributions] of touched) {
    const old = before.get(key);
    const kept = (old?.ranked ?? []).filter(({ route }) => !changed.has(route));
    const added = contributions.flatMap(({ entries }) => entries).sort(compareRanked);
    const ranked = kept.length === 0 ? added : merge(kept, added);
    if (ranked.length === 0) hosts.delete(key);
    else hosts.set(key, { table: keep(old?.table, toTable(key, ranked, contributions[0] ?? old!.table)), ranked });
  }
  return hosts;
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
