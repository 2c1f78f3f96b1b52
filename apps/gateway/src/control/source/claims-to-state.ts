import {
  type ClusterState,
  type EndpointSlice,
  emptyClusterState,
  type KnownKind,
  type KubeObject,
} from '@fairlead/resources';
import type { Claims } from './merge-files.ts';

/** The part of a source's update that objects make. */
export interface StateAndSlices {
  readonly state: ClusterState;
  readonly slices: ReadonlyMap<string, EndpointSlice>;
}

export const emptyStateAndSlices: StateAndSlices = { state: emptyClusterState, slices: new Map() };

type Tables = { readonly [Name in keyof ClusterState | 'slices']: ReadonlyMap<string, KubeObject> };

const tableOf: Readonly<Record<KnownKind, keyof Tables>> = {
  GatewayClass: 'gatewayClasses',
  Gateway: 'gateways',
  ListenerSet: 'listenerSets',
  HTTPRoute: 'httpRoutes',
  GRPCRoute: 'grpcRoutes',
  TLSRoute: 'tlsRoutes',
  TCPRoute: 'tcpRoutes',
  UDPRoute: 'udpRoutes',
  ReferenceGrant: 'referenceGrants',
  BackendTLSPolicy: 'backendTlsPolicies',
  ClientTrafficPolicy: 'clientTrafficPolicies',
  Service: 'services',
  EndpointSlice: 'slices',
  Namespace: 'namespaces',
  Secret: 'secrets',
  ConfigMap: 'configMaps',
};

/** Maps none of whose objects changed keep their identity; so does the state if none of its maps changed. */
export function toStateAndSlices(claims: Claims, before: StateAndSlices): StateAndSlices {
  const next = new Map<keyof Tables, Map<string, KubeObject>>(Object.values(tableOf).map((name) => [name, new Map()]));
  for (const { id, object } of claims.values()) next.get(tableOf[id.info.kind])!.set(id.key, object);
  const old: Tables = { ...before.state, slices: before.slices };
  const names = [...next.keys()];
  const kept = new Map(
    names.map((name) => [name, isSameMap(old[name], next.get(name)!) ? old[name] : next.get(name)!]),
  );
  const slices = kept.get('slices') as StateAndSlices['slices'];
  kept.delete('slices');
  const changed = [...kept].some(([name, map]) => map !== old[name]);
  if (!changed && slices === before.slices) return before;
  // The check of each manifest vouches for the types.
  return { state: changed ? (Object.fromEntries(kept) as unknown as ClusterState) : before.state, slices };
}

function isSameMap(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of b) if (a.get(key) !== value) return false;
  return true;
}
