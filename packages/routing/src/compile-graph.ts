import {
  type BackendTlsPolicy,
  emptyStatuses,
  type Gateway,
  type GrpcRoute,
  type HttpRoute,
  type Statuses,
} from '@fairlead/resources';
import { objectKey } from './age.ts';
import { listenerSetKey } from './attach.ts';
import type { CompileOptions } from './compile-options.ts';
import { emptyTable } from './diff.ts';
import type { AttachPoint, ClientPolicyNode, GatewayNode, Lookups, PolicyNode, RouteNode } from './graph.ts';
import type { Hosts, RouteChange } from './hosts.ts';
import type { BuiltNodes, TablesOf } from './reads.ts';
import { noStreamRoutes, type StreamRoutes } from './stream-routes.ts';
import type { RouteName } from './table.ts';
import type { AssembledTable } from './table-assembly.ts';

/** All nodes of one compile, for the next one to keep what still holds. */
export interface CompileGraph {
  readonly options: CompileOptions | null;
  readonly tables: TablesOf<Lookups>;
  readonly gateways: BuiltNodes<Gateway, GatewayNode, Lookups>;
  readonly policies: BuiltNodes<BackendTlsPolicy, PolicyNode, Lookups>;
  readonly clientPolicies: ReadonlyMap<string, ClientPolicyNode>;
  readonly httpRoutes: BuiltNodes<HttpRoute, RouteNode, Lookups>;
  readonly grpcRoutes: BuiltNodes<GrpcRoute, RouteNode, Lookups>;
  readonly streamRoutes: StreamRoutes;
  readonly hosts: Hosts;
  readonly assembled: AssembledTable;
  readonly statuses: Statuses;
}

const emptyGraph: CompileGraph = {
  options: null,
  tables: {
    services: new Map(),
    secrets: new Map(),
    configMaps: new Map(),
    namespaces: new Map(),
    grants: new Map(),
    portLosses: new Map(),
    bindErrors: new Map(),
    placements: new Map(),
    gatewayClassNames: new Map(),
    listenerSets: new Map(),
    listenerSetGateways: new Map(),
    policyLosses: new Map(),
    clientPolicies: new Map(),
    attachPoints: new Map(),
    serviceTls: new Map(),
    kindLosses: new Map(),
  },
  gateways: new Map(),
  policies: new Map(),
  clientPolicies: new Map(),
  httpRoutes: new Map(),
  grpcRoutes: new Map(),
  streamRoutes: noStreamRoutes,
  hosts: { tables: new Map(), ranked: new Map() },
  assembled: { table: emptyTable, backendUses: new Map() },
  statuses: emptyStatuses,
};

/** The graph to build on: none when the options, which no node notes as looked up, are others. */
export function reusableGraph(previous: CompileGraph | undefined, options: CompileOptions): CompileGraph {
  const before = previous?.options;
  const same =
    before?.controllerName === options.controllerName &&
    before.defaultAddresses === options.defaultAddresses &&
    before.certificates === options.certificates &&
    (before.placements === undefined) === (options.placements === undefined);
  return same ? previous! : emptyGraph;
}

export function nodesOf<Source, Node, T>(built: BuiltNodes<Source, Node, T>): ReadonlyMap<string, Node> {
  return new Map([...built].map(([key, { node }]) => [key, node]));
}

/** The routes of one kind that were built anew, came or went. */
export function findChanges<Source>(
  kind: RouteName['kind'],
  before: BuiltNodes<Source, RouteNode, Lookups>,
  now: BuiltNodes<Source, RouteNode, Lookups>,
): readonly RouteChange[] {
  if (before === now) return [];
  const changes: RouteChange[] = [];
  const add = (key: string, old: RouteNode | undefined, node: RouteNode | undefined): void => {
    changes.push({ route: `${kind}/${key}`, key, before: old, now: node });
  };
  for (const [key, built] of now) {
    const old = before.get(key);
    if (old !== built) add(key, old?.node, built.node);
  }
  for (const [key, built] of before) if (!now.has(key)) add(key, built.node, undefined);
  return changes;
}

export function attachPointsOf(gateways: ReadonlyMap<string, GatewayNode>): ReadonlyMap<string, AttachPoint> {
  const points = new Map<string, AttachPoint>();
  for (const [key, { attachPoint, sets }] of gateways) {
    points.set(key, attachPoint);
    for (const { set, attachPoint: own } of sets) points.set(listenerSetKey(objectKey(set.metadata)), own);
  }
  return points;
}
