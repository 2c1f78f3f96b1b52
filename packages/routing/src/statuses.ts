import type {
  GatewayStatus,
  ListenerSetStatus,
  ListenerStatus,
  ParentReference,
  PolicyAncestorStatus,
  PolicyStatus,
  RouteStatus,
  Statuses,
} from '@fairlead/resources';
import { compareText, objectKey } from './age.ts';
import type { ClientPolicyReports } from './client-policy-status.ts';
import type { CompileGraph } from './compile-graph.ts';
import type { ClassNode } from './gateway-classes.ts';
import type { GatewayNode, ListenerNode, PolicyNode, RouteNode } from './graph.ts';
import type { RouteChange } from './hosts.ts';
import { GATEWAY_GROUP } from './references.ts';
import { keepMap, patchData } from './same.ts';
import type { StreamRoutes } from './stream-routes.ts';

/** The nodes that have a status, by key. */
export interface StatusNodes {
  readonly classes: ReadonlyMap<string, ClassNode>;
  readonly gateways: ReadonlyMap<string, GatewayNode>;
  readonly httpRoutes: CompileGraph['httpRoutes'];
  readonly grpcRoutes: CompileGraph['grpcRoutes'];
  readonly streamRoutes: StreamRoutes;
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
    listenerSets: keepMap(before.listenerSets, toListenerSetStatuses(nodes.gateways.values(), attached)),
    httpRoutes: patchData(before.httpRoutes, toReported(changes.http)),
    grpcRoutes: patchData(before.grpcRoutes, toReported(changes.grpc)),
    tlsRoutes: keepMap(before.tlsRoutes, toStreamStatuses(nodes.streamRoutes.tlsRoutes)),
    tcpRoutes: keepMap(before.tcpRoutes, toStreamStatuses(nodes.streamRoutes.tcpRoutes)),
    udpRoutes: keepMap(before.udpRoutes, toStreamStatuses(nodes.streamRoutes.udpRoutes)),
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
  const { sets } = node;
  return {
    addresses: node.statusAddresses,
    conditions: node.conditions,
    listeners: toListenerStatuses(node.listeners, attached),
    ...(sets.length === 0 ? {} : { attachedListenerSets: sets.filter(({ accepted }) => accepted).length }),
  };
}

function toListenerSetStatuses(
  gateways: Iterable<GatewayNode>,
  attached: ReadonlyMap<string, number>,
): ReadonlyMap<string, ListenerSetStatus> {
  const statuses = new Map<string, ListenerSetStatus>();
  for (const { sets } of gateways) {
    for (const { set, conditions, listeners } of sets) {
      statuses.set(objectKey(set.metadata), { conditions, listeners: toListenerStatuses(listeners, attached) });
    }
  }
  return statuses;
}

function toListenerStatuses(
  listeners: readonly ListenerNode[],
  attached: ReadonlyMap<string, number>,
): readonly ListenerStatus[] {
  return listeners.map(({ id, name, supportedKinds, conditions }) => ({
    name,
    supportedKinds,
    attachedRoutes: attached.get(id) ?? 0,
    conditions,
  }));
}

function toStreamStatuses(routes: StreamRoutes[keyof StreamRoutes]): ReadonlyMap<string, RouteStatus> {
  const statuses = new Map<string, RouteStatus>();
  for (const [key, { node }] of routes) if (node.status.parents.length > 0) statuses.set(key, node.status);
  return statuses;
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
