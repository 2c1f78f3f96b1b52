export {
  type ClusterAccess,
  ClusterAccessError,
  type ClusterAccessOptions,
  loadClusterAccess,
} from './cluster-access.ts';
export { ClusterStore, type ClusterStoreOptions, type StoreChange, type StoreSnapshot } from './cluster-store.ts';
export { internalPorts, type PortMaps, recordedPorts } from './gateway-ports.ts';
export { type Fleet, serviceKey } from './gateway-service-names.ts';
export type { ServiceSettings, ServiceView } from './gateway-service-plan.ts';
export { GatewayServices, type GatewayServicesOptions } from './gateway-services.ts';
export { collectionPath, type KindResource, kindResource } from './kind-resource.ts';
export {
  type ApplyOptions,
  KubeApi,
  type KubeApiOptions,
  type KubeList,
  type Preconditions,
  type Query,
  type WatchEvent,
} from './kube-api.ts';
export { KubeApiError } from './kube-error.ts';
export { Lease, type LeaseOptions } from './lease.ts';
export type { KubeLog } from './log.ts';
export { Reflector, type ReflectorOptions, type ReflectorState, type ReflectorTiming } from './reflector.ts';
export { ReplicaPresence } from './replica-presence.ts';
export { type Replica, Replicas } from './replicas.ts';
export { StatusWriter } from './status-writer.ts';
export type { StoreProblem } from './store-problem.ts';
export type { StoredObject } from './stored-object.ts';
