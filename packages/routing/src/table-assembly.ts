import { collectBinds } from './binds.ts';
import type { GatewayNode } from './graph.ts';
import type { RouteChange } from './hosts.ts';
import { keepMap, patchData, patchMap } from './same.ts';
import type { Backend, HostTable, RouteTable, Rule } from './table.ts';

/** A table with what it takes to change it route by route. */
export interface AssembledTable {
  readonly table: RouteTable;
  /** How many rules' routes use each backend, by `Backend.id`. */
  readonly backendUses: ReadonlyMap<string, number>;
}

/** The table before, changed by the routes that changed. Entries and maps that say the same keep their identity. */
export function assembleTable(
  before: AssembledTable,
  gateways: Iterable<GatewayNode>,
  hosts: ReadonlyMap<string, HostTable>,
  changes: readonly RouteChange[],
): AssembledTable {
  const uses = countUses(before.backendUses, changes);
  return {
    table: {
      binds: keepMap(before.table.binds, collectBinds(gateways)),
      hosts,
      rules: patchData(before.table.rules, changedRules(changes)),
      backends: patchData(before.table.backends, changedBackends(changes, uses)),
    },
    backendUses: patchMap(before.backendUses, uses),
  };
}

function changedRules(changes: readonly RouteChange[]): ReadonlyMap<string, Rule | undefined> {
  const rules = new Map<string, Rule | undefined>();
  for (const { before, now } of changes) {
    for (const { id } of before?.rules ?? []) if (!rules.has(id)) rules.set(id, undefined);
    for (const rule of now?.rules ?? []) rules.set(rule.id, rule);
  }
  return rules;
}

/** The changed counts; undefined for backends that nobody uses any more. */
function countUses(
  before: ReadonlyMap<string, number>,
  changes: readonly RouteChange[],
): ReadonlyMap<string, number | undefined> {
  const uses = new Map<string, number>();
  const add = (backends: readonly Backend[], by: number): void => {
    for (const { id } of backends) uses.set(id, (uses.get(id) ?? before.get(id) ?? 0) + by);
  };
  for (const change of changes) {
    add(change.now?.backends ?? [], 1);
    add(change.before?.backends ?? [], -1);
  }
  return new Map([...uses].map(([id, count]) => [id, count === 0 ? undefined : count]));
}

function changedBackends(
  changes: readonly RouteChange[],
  uses: ReadonlyMap<string, number | undefined>,
): ReadonlyMap<string, Backend | undefined> {
  const backends = new Map<string, Backend | undefined>();
  for (const [id, count] of uses) if (count === undefined) backends.set(id, undefined);
  // Routes that share a backend were built from the same objects: theirs are equal.
  for (const { now } of changes) for (const backend of now?.backends ?? []) backends.set(backend.id, backend);
  return backends;
}
