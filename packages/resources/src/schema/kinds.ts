/** A kind that Fairlead reads. `versions` are the ones served by Gateway API v1.7, Kubernetes and our CRDs, the preferred first. */
export interface KindInfo {
  readonly kind: KnownKind;
  readonly group: string;
  readonly versions: readonly string[];
  readonly namespaced: boolean;
}

export type KnownKind =
  | 'GatewayClass'
  | 'Gateway'
  | 'ListenerSet'
  | 'HTTPRoute'
  | 'GRPCRoute'
  | 'TLSRoute'
  | 'TCPRoute'
  | 'UDPRoute'
  | 'ReferenceGrant'
  | 'BackendTLSPolicy'
  | 'ClientTrafficPolicy'
  | 'Service'
  | 'EndpointSlice'
  | 'Namespace'
  | 'Secret'
  | 'ConfigMap';

const gatewayGroup = 'gateway.networking.k8s.io';

export const kinds: ReadonlyMap<string, KindInfo> = new Map(
  (
    [
      { kind: 'GatewayClass', group: gatewayGroup, versions: ['v1', 'v1beta1'], namespaced: false },
      { kind: 'Gateway', group: gatewayGroup, versions: ['v1', 'v1beta1'], namespaced: true },
      { kind: 'ListenerSet', group: gatewayGroup, versions: ['v1'], namespaced: true },
      { kind: 'HTTPRoute', group: gatewayGroup, versions: ['v1', 'v1beta1'], namespaced: true },
      { kind: 'GRPCRoute', group: gatewayGroup, versions: ['v1'], namespaced: true },
      { kind: 'TLSRoute', group: gatewayGroup, versions: ['v1', 'v1alpha3', 'v1alpha2'], namespaced: true },
      { kind: 'TCPRoute', group: gatewayGroup, versions: ['v1', 'v1alpha2'], namespaced: true },
      { kind: 'UDPRoute', group: gatewayGroup, versions: ['v1', 'v1alpha2'], namespaced: true },
      { kind: 'ReferenceGrant', group: gatewayGroup, versions: ['v1', 'v1beta1'], namespaced: true },
      { kind: 'BackendTLSPolicy', group: gatewayGroup, versions: ['v1', 'v1alpha3'], namespaced: true },
      { kind: 'ClientTrafficPolicy', group: 'fairlead.dev', versions: ['v1alpha1'], namespaced: true },
      { kind: 'Service', group: '', versions: ['v1'], namespaced: true },
      { kind: 'EndpointSlice', group: 'discovery.k8s.io', versions: ['v1'], namespaced: true },
      { kind: 'Namespace', group: '', versions: ['v1'], namespaced: false },
      { kind: 'Secret', group: '', versions: ['v1'], namespaced: true },
      { kind: 'ConfigMap', group: '', versions: ['v1'], namespaced: true },
    ] satisfies readonly KindInfo[]
  ).map((info) => [info.kind, info]),
);

/** `gateway.networking.k8s.io/v1 or gateway.networking.k8s.io/v1beta1` */
export function supportedVersions(info: KindInfo): string {
  return info.versions.map((version) => (info.group === '' ? version : `${info.group}/${version}`)).join(' or ');
}
