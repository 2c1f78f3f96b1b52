export {
  type ClusterAccess,
  ClusterAccessError,
  type ClusterAccessOptions,
  loadClusterAccess,
} from './cluster-access.ts';
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
export type { KubeLog } from './log.ts';
