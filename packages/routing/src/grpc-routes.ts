import type { GrpcRoute, RouteStatus } from '@fairlead/resources';
import type { Lookups } from './graph.ts';
import { type ConditionProblem, toProblem } from './problems.ts';
import type { Reads } from './reads.ts';
import { findParents } from './route-parents.ts';
import { writeRouteStatus } from './route-status.ts';

export interface GrpcRouteNode {
  readonly status: RouteStatus;
  readonly problems: readonly ConditionProblem[];
}

/** A GRPCRoute: no listener takes the kind, and every parent says so. */
export function buildGrpcRoute(route: GrpcRoute, controllerName: string, reads: Reads<Lookups>): GrpcRouteNode {
  const { namespace = '', name, generation = 0 } = route.metadata;
  const hostnames = (route.spec.hostnames ?? []).map((hostname) => hostname.toLowerCase());
  const object = { kind: 'GRPCRoute', namespace, name } as const;
  const { attachments, strays } = findParents({ ...object, hostnames }, route.spec.parentRefs ?? [], reads);
  const verdict = { generation, controllerName, refused: null, remark: '', dropped: [], unresolved: [] };
  const refusals = attachments.flatMap(({ refused }) => refused ?? []);
  return {
    status: writeRouteStatus(attachments, verdict),
    problems: [...refusals, ...strays].map((finding) => toProblem(object, finding)),
  };
}
