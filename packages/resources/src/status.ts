import type { GatewayAddress, ParentReference, RouteGroupKind } from './objects.ts';

/** One condition as the API writes it, without the transition time, which the writer adds. */
export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
}

export interface GatewayClassStatus {
  readonly conditions: readonly Condition[];
  /** Sorted by name. */
  readonly supportedFeatures: readonly { readonly name: string }[];
}

export interface GatewayStatus {
  readonly addresses: readonly GatewayAddress[];
  readonly conditions: readonly Condition[];
  /** In the order of `spec.listeners`. */
  readonly listeners: readonly ListenerStatus[];
  /** ListenerSets with Accepted=True; absent where no ListenerSet names the Gateway. */
  readonly attachedListenerSets?: number;
}

export interface ListenerSetStatus {
  readonly conditions: readonly Condition[];
  /** In the order of `spec.listeners`; empty when the Gateway does not allow it. */
  readonly listeners: readonly ListenerStatus[];
}

export interface ListenerStatus {
  readonly name: string;
  readonly supportedKinds: readonly RouteGroupKind[];
  /** Routes with Accepted=True on this listener, whether or not the listener itself serves. */
  readonly attachedRoutes: number;
  readonly conditions: readonly Condition[];
}

/** Only our own parents: the writer merges them with those of other controllers. */
export interface RouteStatus {
  readonly parents: readonly RouteParentStatus[];
}

export interface RouteParentStatus {
  readonly parentRef: ParentReference;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

/** Only our own ancestors: the writer merges them with those of other controllers. */
export interface PolicyStatus {
  readonly ancestors: readonly PolicyAncestorStatus[];
}

export interface PolicyAncestorStatus {
  readonly ancestorRef: ParentReference;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

/** Everything there is to write, keyed as the maps of `ClusterState`. Objects that are not ours are absent. */
export interface Statuses {
  readonly gatewayClasses: ReadonlyMap<string, GatewayClassStatus>;
  readonly gateways: ReadonlyMap<string, GatewayStatus>;
  readonly listenerSets: ReadonlyMap<string, ListenerSetStatus>;
  readonly httpRoutes: ReadonlyMap<string, RouteStatus>;
  readonly grpcRoutes: ReadonlyMap<string, RouteStatus>;
  readonly tlsRoutes: ReadonlyMap<string, RouteStatus>;
  readonly tcpRoutes: ReadonlyMap<string, RouteStatus>;
  readonly udpRoutes: ReadonlyMap<string, RouteStatus>;
  readonly backendTlsPolicies: ReadonlyMap<string, PolicyStatus>;
  readonly clientTrafficPolicies: ReadonlyMap<string, PolicyStatus>;
}

export const emptyStatuses: Statuses = {
  gatewayClasses: new Map(),
  gateways: new Map(),
  listenerSets: new Map(),
  httpRoutes: new Map(),
  grpcRoutes: new Map(),
  tlsRoutes: new Map(),
  tcpRoutes: new Map(),
  udpRoutes: new Map(),
  backendTlsPolicies: new Map(),
  clientTrafficPolicies: new Map(),
};
