import type { GatewayListener, KubeObject } from './objects.ts';

/** Listeners that are added to a Gateway from elsewhere: other teams, other namespaces. Source: Gateway API v1.7.0 `apis/v1`, GEP-1713. */
export interface ListenerSet extends KubeObject {
  readonly spec: {
    readonly parentRef: ListenerSetParent;
    readonly listeners: readonly GatewayListener[];
  };
}

/** Group gateway.networking.k8s.io, kind Gateway and the namespace of the ListenerSet by default. */
interface ListenerSetParent {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}
