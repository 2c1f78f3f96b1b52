import { collectBinds } from './binds.ts';
import type { GatewayNode, RouteNode } from './graph.ts';
import type { HostNode } from './hosts.ts';
import { keepMap } from './same.ts';
import type { Backend, HostTable, RouteTable, Rule } from './table.ts';

/** Gathers the entries out of the nodes. Those that say the same as in `before` keep its identity, and so do whole maps. */
export function assembleTable(
  gateways: ReadonlyMap<string, GatewayNode>,
  routes: ReadonlyMap<string, RouteNode>,
  hosts: ReadonlyMap<string, HostNode>,
  before: RouteTable | undefined,
): RouteTable {
  const rules = new Map<string, Rule>();
  const backends = new Map<string, Backend>();
  for (const node of routes.values()) {
    for (const rule of node.rules) rules.set(rule.id, rule);
    // Routes that share a backend each have an equal one: the one from before stands for all.
    for (const backend of node.backends) if (!backends.has(backend.id)) backends.set(backend.id, backend);
  }
  const tables = new Map<string, HostTable>();
  for (const [key, node] of hosts) tables.set(key, node.table);
  return {
    binds: keepMap(before?.binds, collectBinds(gateways.values())),
    hosts: keepMap(before?.hosts, tables),
    rules: keepMap(before?.rules, rules),
    backends: keepMap(before?.backends, backends),
  };
}
