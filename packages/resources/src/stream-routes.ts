import type { BackendObjectReference, KubeObject, ParentReference } from './objects.ts';

/** Routes of connections and datagrams, which look at nothing of HTTP. Source: Gateway API v1.7.0 `apis/v1`. */

export interface TlsRoute extends KubeObject {
  readonly spec: StreamRouteSpec & {
    /** Server names (SNI); absent only before v1. */
    readonly hostnames?: readonly string[];
  };
}

export interface TcpRoute extends KubeObject {
  readonly spec: StreamRouteSpec;
}

export interface UdpRoute extends KubeObject {
  readonly spec: StreamRouteSpec;
}

export interface StreamRouteSpec {
  readonly parentRefs?: readonly ParentReference[];
  readonly useDefaultGateways?: 'All' | 'None';
  readonly rules: readonly StreamRouteRule[];
}

export interface StreamRouteRule {
  readonly name?: string;
  readonly backendRefs?: readonly StreamBackendRef[];
}

export interface StreamBackendRef extends BackendObjectReference {
  /** 1 by default; 0 sends nothing. */
  readonly weight?: number;
}
