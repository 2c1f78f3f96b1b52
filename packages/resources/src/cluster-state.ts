import type {
  BackendTlsPolicy,
  ConfigMap,
  EndpointSlice,
  Gateway,
  GatewayClass,
  GrpcRoute,
  HttpRoute,
  Namespace,
  ReferenceGrant,
  Secret,
  Service,
} from './objects.ts';

/** Everything a compile reads: the store's output. Maps are keyed `namespace/name` (`name` for cluster-scoped kinds) and never written to. */
export interface ClusterState {
  readonly gatewayClasses: ReadonlyMap<string, GatewayClass>;
  readonly gateways: ReadonlyMap<string, Gateway>;
  readonly httpRoutes: ReadonlyMap<string, HttpRoute>;
  readonly grpcRoutes: ReadonlyMap<string, GrpcRoute>;
  readonly referenceGrants: ReadonlyMap<string, ReferenceGrant>;
  readonly backendTlsPolicies: ReadonlyMap<string, BackendTlsPolicy>;
  readonly services: ReadonlyMap<string, Service>;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly configMaps: ReadonlyMap<string, ConfigMap>;
}
// EndpointSlices are not here: they change without a compile.
export type { EndpointSlice };
