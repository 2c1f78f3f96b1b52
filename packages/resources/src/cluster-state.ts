import type { ListenerSet } from './listener-set.ts';
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
import type { TcpRoute, TlsRoute, UdpRoute } from './stream-routes.ts';

/**
 * Everything a compile reads: the store's output. Maps are keyed `namespace/name` (`name` for cluster-scoped kinds) and never written to.
 * An object that did not change keeps its identity from one state to the next; so does a map none of whose objects changed.
 * EndpointSlices are not here: they change without a compile.
 */
export interface ClusterState {
  readonly gatewayClasses: ReadonlyMap<string, GatewayClass>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly listenerSets: ReadonlyMap<string, ListenerSet>;
  readonly httpRoutes: ReadonlyMap<string, HttpRoute>;
  readonly grpcRoutes: ReadonlyMap<string, GrpcRoute>;
  readonly tlsRoutes: ReadonlyMap<string, TlsRoute>;
  readonly tcpRoutes: ReadonlyMap<string, TcpRoute>;
  readonly udpRoutes: ReadonlyMap<string, UdpRoute>;
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
  listenerSets: new Map(),
  httpRoutes: new Map(),
  grpcRoutes: new Map(),
  tlsRoutes: new Map(),
  tcpRoutes: new Map(),
  udpRoutes: new Map(),
  referenceGrants: new Map(),
  backendTlsPolicies: new Map(),
  clientTrafficPolicies: new Map(),
  services: new Map(),
  namespaces: new Map(),
  secrets: new Map(),
  configMaps: new Map(),
};
