import type { ClusterState } from '@fairlead/resources';
import { type CompileGraph, findChanges } from './compile-graph.ts';
import type { Lookups, RouteClaim, RouteNode } from './graph.ts';
import type { RouteChange } from './hosts.ts';
import { findKindLosses } from './kind-conflicts.ts';
import { type BuiltNodes, findUnchanged, rebuild, type TablesOf } from './reads.ts';
import { buildGrpcRoute, buildHttpRoute } from './routes.ts';
import { keepMap } from './same.ts';

/** The routes of both kinds, and the tables as they read them. */
export interface BuiltRoutes {
  readonly httpRoutes: CompileGraph['httpRoutes'];
  readonly grpcRoutes: CompileGraph['grpcRoutes'];
  readonly tables: TablesOf<Lookups>;
}

/**
 * Builds the routes with the losses of the compile before. What they claim does not depend on the losses; only when the claims lead to other
 * ones are the routes concerned built again.
 */
export function buildRoutes(
  state: ClusterState,
  tables: TablesOf<Lookups>,
  before: CompileGraph,
  controllerName: string,
): BuiltRoutes {
  const first = buildWith(state, tables, before, before.tables, controllerName);
  const http = findChanges('HTTPRoute', before.httpRoutes, first.httpRoutes);
  const grpc = findChanges('GRPCRoute', before.grpcRoutes, first.grpcRoutes);
  if (!http.some(claimsElse) && !grpc.some(claimsElse)) return first;
  const losses = findKindLosses(claimsOf(first.httpRoutes), claimsOf(first.grpcRoutes));
  const kindLosses = keepMap(tables.kindLosses, losses);
  if (kindLosses === tables.kindLosses) return first;
  return buildWith(state, { ...tables, kindLosses }, first, tables, controllerName);
}

type RouteNodes = Pick<CompileGraph, 'httpRoutes' | 'grpcRoutes'>;

function buildWith(
  state: ClusterState,
  tables: TablesOf<Lookups>,
  previous: RouteNodes,
  previousTables: TablesOf<Lookups>,
  controllerName: string,
): BuiltRoutes {
  const unchanged = findUnchanged(previousTables, tables);
  const httpRoutes = rebuild({
    sources: state.httpRoutes,
    tables,
    unchanged,
    previous: previous.httpRoutes,
    build: (_, route, reads, old) => buildHttpRoute(route, controllerName, reads, old),
  });
  const grpcRoutes = rebuild({
    sources: state.grpcRoutes,
    tables,
    unchanged,
    previous: previous.grpcRoutes,
    build: (_, route, reads, old) => buildGrpcRoute(route, controllerName, reads, old),
  });
  return { httpRoutes, grpcRoutes, tables };
}

function claimsElse({ before, now }: RouteChange): boolean {
  return before?.claim !== now?.claim;
}

function* claimsOf<Source>(routes: BuiltNodes<Source, RouteNode, Lookups>): Generator<RouteClaim> {
  for (const { node } of routes.values()) yield node.claim;
}
