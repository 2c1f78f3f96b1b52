import type {
  GatewayStatus,
  ParentReference,
  PolicyAncestorStatus,
  PolicyStatus,
  RouteStatus,
  Statuses,
} from '@fairlead/resources';
import { compareText } from './age.ts';
import type { ClientPolicyReports } from './client-policy-status.ts';
import type { CompileGraph } from './compile-graph.ts';
import type { ClassNode } from './gateway-classes.ts';
import type { GatewayNode, PolicyNode, RouteNode } from './graph.ts';
import type { RouteChange } from './hosts.ts';
import { GATEWAY_GROUP } from './references.ts';
import { keepMap, patchData } from './same.ts';

/** The nodes that have a status, by key. */
export interface StatusNodes {
  readonly classes: ReadonlyMap<string, ClassNode>;
  readonly gateways: ReadonlyMap<string, GatewayNode>;
  readonly httpRoutes: CompileGraph['httpRoutes'];
  readonly grpcRoutes: CompileGraph['grpcRoutes'];
  readonly policies: ReadonlyMap<string, PolicyNode>;
  readonly clientReports: ClientPolicyReports;
}

/** The routes that changed, by kind. */
export interface RouteChanges {
  readonly http: readonly RouteChange[];
  readonly grpc: readonly RouteChange[];
}

/** What there is to write. Statuses, and tables of them, that say the same as before keep their identity. */
export function writeStatuses(
  before: Statuses,
  nodes: StatusNodes,
  changes: RouteChanges,
  controllerName: string,
): Statuses {
  const attached = countAttached(nodes);
  const ancestors = findAncestors(nodes);
  return {
    gatewayClasses: keepMap(
      before.gatewayClasses,
      mapValues(nodes.classes, ({ status }) => status),
    ),
    gateways: keepMap(
      before.gateways,
      mapValues(nodes.gateways, (node) => toGatewayStatus(node, attached)),
    ),
    httpRoutes: patchData(before.httpRoutes, toReported(changes.http)),
    grpcRoutes: patchData(before.grpcRoutes, toReported(changes.grpc)),
    backendTlsPolicies: keepMap(before.backendTlsPolicies, toPolicyStatuses(nodes.policies, ancestors, controllerName)),
    clientTrafficPolicies: keepMap(before.clientTrafficPolicies, nodes.clientReports.statuses),
  };
}

/** By listener id: "the total number of Routes that have been successfully attached". */
function countAttached(nodes: StatusNodes): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const node of routeNodes(nodes)) for (const id of node.attached) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

function* routeNodes({ httpRoutes, grpcRoutes }: StatusNodes): Generator<RouteNode> {
  for (const { node } of httpRoutes.values()) yield node;
  for (const { node } of grpcRoutes.values()) yield node;
}

function toGatewayStatus(node: GatewayNode, attached: ReadonlyMap<string, number>): GatewayStatus {
  return {
    addresses: node.statusAddresses,
    conditions: node.conditions,
    listeners: node.listeners.map(({ name, supportedKinds, conditions }, i) => ({
      name,
      supportedKinds,
      attachedRoutes: attached.get(node.attachPoint.listeners[i]!.id) ?? 0,
      conditions,
    })),
  };
}

/** A route without a parent of ours is not ours to report on. */
function toReported(changes: readonly RouteChange[]): ReadonlyMap<string, RouteStatus | undefined> {
  return new Map(changes.map(({ key, now }) => [key, now?.status.parents.length === 0 ? undefined : now?.status]));
}

/** By Service, the Gateways through which a route sends to it: "the relevant object for status is the Gateway". */
function findAncestors(nodes: StatusNodes): ReadonlyMap<string, ReadonlySet<string>> {
  const ancestors = new Map<string, Set<string>>();
  for (const node of routeNodes(nodes)) {
    for (const service of node.policedServices) {
      const through = ancestors.get(service) ?? new Set();
      for (const gateway of node.gateways) through.add(gateway);
      ancestors.set(service, through);
    }
  }
  return ancestors;
}

/** "A maximum of 16 ancestors will be represented in this list." */
const maxAncestors = 16;

function toPolicyStatuses(
  policies: ReadonlyMap<string, PolicyNode>,
  ancestors: ReadonlyMap<string, ReadonlySet<string>>,
  controllerName: string,
): ReadonlyMap<string, PolicyStatus> {
  const statuses = new Map<string, PolicyStatus>();
  for (const [key, { services, conditions }] of policies) {
    const gateways = new Set(services.flatMap((service) => [...(ancestors.get(service) ?? [])]));
    if (gateways.size === 0) continue;
    const first = [...gateways].sort(compareText).slice(0, maxAncestors);
    statuses.set(key, {
      ancestors: first.map(
        (gateway): PolicyAncestorStatus => ({ ancestorRef: toReference(gateway), controllerName, conditions }),
      ),
    });
  }
  return statuses;
}

function toReference(gateway: string): ParentReference {
  const slash = gateway.indexOf('/');
  return {
    group: GATEWAY_GROUP,
    kind: 'Gateway',
    namespace: gateway.slice(0, slash),
    name: gateway.slice(slash + 1),
  };
}

function mapValues<A, B>(map: ReadonlyMap<string, A>, to: (value: A) => B): ReadonlyMap<string, B> {
  return new Map([...map].map(([key, value]) => [key, to(value)]));
}
