import type { BackendTlsPolicy, ClusterState, Gateway, KnownKind, ReferenceGrant } from '@fairlead/resources';

/** Keys (`namespace/name`) of what is named by others. */
export interface References {
  readonly secrets: ReadonlySet<string>;
  readonly configMaps: ReadonlySet<string>;
}

export type ReferencingState = Pick<
  ClusterState,
  'gatewayClasses' | 'gateways' | 'backendTlsPolicies' | 'referenceGrants'
>;

/**
 * The Secrets and ConfigMaps that Gateways of our classes and BackendTLSPolicies name. What stands in another namespace counts only when a
 * ReferenceGrant there permits it: nobody makes the gateway read a Secret by naming it.
 */
export function collectReferences(state: ReferencingState, controllerName: string): References {
  const found = { Secret: new Set<string>(), ConfigMap: new Set<string>() };
  const add = (from: KnownKind, namespace: string, ref: Reference): void => {
    const to = toTarget(ref, namespace);
    if (to === null || (to.namespace !== namespace && !isPermitted(state.referenceGrants, from, namespace, to))) return;
    found[to.kind].add(`${to.namespace}/${to.name}`);
  };
  for (const gateway of ourGateways(state, controllerName)) {
    for (const ref of gatewayReferences(gateway)) add('Gateway', gateway.metadata.namespace ?? '', ref);
  }
  for (const policy of state.backendTlsPolicies.values()) {
    for (const ref of policyReferences(policy)) add('BackendTLSPolicy', policy.metadata.namespace ?? '', ref);
  }
  return { secrets: found.Secret, configMaps: found.ConfigMap };
}

interface Reference {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

interface Target {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly namespace: string;
  readonly name: string;
}

function toTarget({ group = '', kind = 'Secret', name, namespace }: Reference, from: string): Target | null {
  if (group !== '' || (kind !== 'Secret' && kind !== 'ConfigMap')) return null;
  return { kind, namespace: namespace ?? from, name };
}

function* ourGateways(state: ReferencingState, controllerName: string): Iterable<Gateway> {
  for (const gateway of state.gateways.values()) {
    const { spec } = state.gatewayClasses.get(gateway.spec.gatewayClassName) ?? {};
    if (spec?.controllerName === controllerName) yield gateway;
  }
}

function gatewayReferences({ spec }: Gateway): readonly Reference[] {
  const frontend = spec.tls?.frontend;
  const validations = [frontend?.default, ...(frontend?.perPort ?? []).map(({ tls }) => tls)];
  const client = spec.tls?.backend?.clientCertificateRef;
  return [
    ...spec.listeners.flatMap(({ tls }) => tls?.certificateRefs ?? []),
    ...validations.flatMap((one) => one?.validation?.caCertificateRefs ?? []),
    ...(client === undefined ? [] : [client]),
  ];
}

function policyReferences({ spec }: BackendTlsPolicy): readonly Reference[] {
  return spec.validation.caCertificateRefs ?? [];
}

const gatewayGroup = 'gateway.networking.k8s.io';

function isPermitted(
  grants: ReadonlyMap<string, ReferenceGrant>,
  kind: KnownKind,
  namespace: string,
  to: Target,
): boolean {
  for (const { metadata, spec } of grants.values()) {
    if (metadata.namespace !== to.namespace) continue;
    const isFrom = spec.from.some(
      (one) => one.group === gatewayGroup && one.kind === kind && one.namespace === namespace,
    );
    const isTo = spec.to.some((one) => one.group === '' && one.kind === to.kind && (!one.name || one.name === to.name));
    if (isFrom && isTo) return true;
  }
  return false;
}
