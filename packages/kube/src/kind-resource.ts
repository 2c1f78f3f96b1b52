import { type ClusterState, type KnownKind, kinds } from '@fairlead/resources';

/** A kind as the API server serves it. */
export interface KindResource {
  readonly kind: KnownKind;
  /** '' for the core group. */
  readonly group: string;
  /** Those that are understood, the preferred first; which of them is used is up to the cluster. */
  readonly versions: readonly string[];
  /** The resource's name in paths. */
  readonly plural: string;
  readonly namespaced: boolean;
  /** The gateway can do its work in a cluster that does not have it. */
  readonly optional: boolean;
}

/** Where a kind's objects stand in what the store hands out. */
export type StoreTable = keyof ClusterState | 'slices';

interface KindFacts {
  readonly plural: string;
  readonly table: StoreTable;
  readonly optional?: true;
}

/** A new kind of `@fairlead/resources` is watched by being written down here. */
const facts: Readonly<Record<KnownKind, KindFacts>> = {
  GatewayClass: { plural: 'gatewayclasses', table: 'gatewayClasses' },
  Gateway: { plural: 'gateways', table: 'gateways' },
  ListenerSet: { plural: 'listenersets', table: 'listenerSets', optional: true },
  HTTPRoute: { plural: 'httproutes', table: 'httpRoutes' },
  GRPCRoute: { plural: 'grpcroutes', table: 'grpcRoutes', optional: true },
  TLSRoute: { plural: 'tlsroutes', table: 'tlsRoutes', optional: true },
  TCPRoute: { plural: 'tcproutes', table: 'tcpRoutes', optional: true },
  UDPRoute: { plural: 'udproutes', table: 'udpRoutes', optional: true },
  ReferenceGrant: { plural: 'referencegrants', table: 'referenceGrants', optional: true },
  BackendTLSPolicy: { plural: 'backendtlspolicies', table: 'backendTlsPolicies', optional: true },
  ClientTrafficPolicy: { plural: 'clienttrafficpolicies', table: 'clientTrafficPolicies', optional: true },
  Service: { plural: 'services', table: 'services' },
  EndpointSlice: { plural: 'endpointslices', table: 'slices' },
  Namespace: { plural: 'namespaces', table: 'namespaces' },
  Secret: { plural: 'secrets', table: 'secrets' },
  ConfigMap: { plural: 'configmaps', table: 'configMaps' },
};

export function kindResource(kind: KnownKind): KindResource {
  const { group, versions, namespaced } = kinds.get(kind)!;
  const { plural, optional = false } = facts[kind];
  return { kind, group, versions, plural, namespaced, optional };
}

export function tableOf(kind: KnownKind): StoreTable {
  return facts[kind].table;
}

/** Secrets and ConfigMaps are read one by one, as others name them. */
const referencedKinds: readonly KnownKind[] = ['Secret', 'ConfigMap'];

/** What is watched whole, in all namespaces. */
export const watchedResources: readonly KindResource[] = (Object.keys(facts) as KnownKind[])
  .filter((kind) => !referencedKinds.includes(kind))
  .map(kindResource);

/** `/apis/gateway.networking.k8s.io/v1/httproutes`: the collection over all namespaces, or in one. */
export function collectionPath({ group, plural }: KindResource, version: string, namespace: string | null): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespace === null ? `${root}/${plural}` : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}
