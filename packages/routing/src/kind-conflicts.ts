import { compareText } from './age.ts';
import type { KindLoss, RouteClaim } from './graph.ts';
import { HostnameOwners } from './hostname-owners.ts';
import type { RouteName } from './table.ts';

/**
 * What HTTPRoutes and GRPCRoutes take from each other, by `routeKey`: "If a Route (A) of type HTTPRoute or GRPCRoute is attached to a
 * Listener and that listener already has another Route (B) of the other type attached and the intersection of the hostnames of A and B is
 * non-empty, then the implementation MAY reject one of the two routes", and keeps "the oldest Route based on creation timestamp", then "the
 * Route appearing first in alphabetical order". We do: "Merging MUST not be done between GRPCRoutes and HTTPRoutes".
 */
export function findKindLosses(
  httpClaims: Iterable<RouteClaim>,
  grpcClaims: Iterable<RouteClaim>,
): ReadonlyMap<string, readonly KindLoss[]> {
  const grpc = [...grpcClaims];
  const contested = new Set(grpc.flatMap(({ listeners }) => listeners.map(({ id }) => id)));
  if (contested.size === 0) return noLosses;
  const http = [...httpClaims].filter(({ listeners }) => listeners.some(({ id }) => contested.has(id)));
  if (http.length === 0) return noLosses;
  const holders = new Map<string, Holders>();
  const losses = new Map<string, readonly KindLoss[]>();
  for (const claim of [...grpc, ...http].sort(byAge)) {
    const lost = settle(claim, contested, holders);
    if (lost.length > 0) losses.set(routeKey(claim.route), lost);
  }
  return losses;
}

const noLosses: ReadonlyMap<string, readonly KindLoss[]> = new Map();

/** Tells routes of all kinds apart. */
export function routeKey({ kind, namespace, name }: RouteName): string {
  return `${kind}/${namespace}/${name}`;
}

/** Who has which hostnames of a listener, by kind. */
type Holders = Readonly<Record<RouteName['kind'], HostnameOwners>>;

/** Gives a route the listeners that no older one of the other kind keeps from it. */
function settle(claim: RouteClaim, contested: ReadonlySet<string>, holders: Map<string, Holders>): readonly KindLoss[] {
  const { kind, namespace, name } = claim.route;
  const other = kind === 'HTTPRoute' ? 'GRPCRoute' : 'HTTPRoute';
  const lost: KindLoss[] = [];
  for (const { id, hostnames } of claim.listeners) {
    if (!contested.has(id)) continue;
    let held = holders.get(id);
    if (held === undefined) {
      held = { HTTPRoute: new HostnameOwners(), GRPCRoute: new HostnameOwners() };
      holders.set(id, held);
    }
    const winner = firstOf(hostnames, held[other]);
    if (winner !== undefined) lost.push({ listener: id, winner: `${other} "${winner}"` });
    else for (const hostname of hostnames) held[kind].add(hostname, `${namespace}/${name}`);
  }
  return lost;
}

function firstOf(hostnames: readonly string[], owners: HostnameOwners): string | undefined {
  for (const hostname of hostnames) {
    const owner = owners.find(hostname);
    if (owner !== undefined) return owner;
  }
  return undefined;
}

/** Of two routes with the same name the GRPCRoute goes first: somebody has to. */
function byAge(a: RouteClaim, b: RouteClaim): number {
  return (
    compareText(a.createdAt, b.createdAt) ||
    compareText(`${a.route.namespace}/${a.route.name}`, `${b.route.namespace}/${b.route.name}`) ||
    compareText(a.route.kind, b.route.kind)
  );
}
