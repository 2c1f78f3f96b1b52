import type {
  BackendTlsPolicy,
  ClientTrafficPolicy,
  ConfigMap,
  Gateway,
  GatewayClass,
  GrpcRoute,
  HttpRoute,
  Namespace,
  ReferenceGrant,
  Secret,
  Service,
} from './objects.ts';

/**
 * Everything a compile reads: the store's output. Maps are keyed `namespace/name` (`name` for cluster-scoped kinds) and never written to.
 * An object that did not change keeps its identity from one state to the next; so does a map none of whose objects changed.
 * EndpointSlices are not here: they change without a compile.
 */
export interface ClusterState {
  readonly gatewayClasses: ReadonlyMap<string, GatewayClass>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly httpRoutes: ReadonlyMap<string, HttpRoute>;
  readonly grpcRoutes: ReadonlyMap<string, GrpcRoute>;
  readonly referenceGrants: ReadonlyMap<string, ReferenceGrant>;
  readonly backendTlsPolicies: ReadonlyMap<string, BackendTlsPolicy>;
  readonly clientTrafficPolicies: ReadonlyMap<string, ClientTrafficPolicy>;
  readonly services: ReadonlyMap<string, Service>;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly configMaps: ReadonlyMap<string, ConfigMap>;
}

export const emptyClusterState: ClusterState = {
  gatewayClasses: new Map(),
  gateways: new Map(),
  httpRoutes: new Map(),
  grpcRoutes: new Map(),
  referenceGrants: new Map(),
  backendTlsPolicies: new Map(),
  clientTrafficPolicies: new Map(),
  services: new Map(),
  namespaces: new Map(),
  secrets: new Map(),
  configMaps: new Map(),
};
