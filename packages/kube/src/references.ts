import type {
  BackendTlsPolicy,
  ClusterState,
  Gateway,
  GatewayListener,
  KnownKind,
  ListenerSet,
  ReferenceGrant,
} from '@fairlead/resources';

/** Keys (`namespace/name`) of what is named by others. */
export interface References {
  readonly secrets: ReadonlySet<string>;
  readonly configMaps: ReadonlySet<string>;
}

export type ReferencingState = Pick<
  ClusterState,
  'gatewayClasses' | 'gateways' | 'listenerSets' | 'backendTlsPolicies' | 'referenceGrants'
>;

/**
 * The Secrets and ConfigMaps that Gateways of our classes, their ListenerSets and BackendTLSPolicies name. What stands in another namespace counts only when a
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
  for (const set of listenerSetsOf(state, controllerName)) {
    for (const ref of listenerReferences(set.spec.listeners)) add('ListenerSet', set.metadata.namespace ?? '', ref);
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

/** Those whose Gateway may take them; what is not taken after all is at least in the namespace of whoever names it. */
function* listenerSetsOf(state: ReferencingState, controllerName: string): Iterable<ListenerSet> {
  const open = new Map<string, Gateway>();
  for (const gateway of ourGateways(state, controllerName)) {
    const { from = 'None' } = gateway.spec.allowedListeners?.namespaces ?? {};
    if (from !== 'None') open.set(`${gateway.metadata.namespace}/${gateway.metadata.name}`, gateway);
  }
  for (const set of state.listenerSets.values()) {
    const { namespace = set.metadata.namespace, name } = set.spec.parentRef;
    const gateway = open.get(`${namespace}/${name}`);
    const isSameOnly = gateway?.spec.allowedListeners?.namespaces?.from === 'Same';
    if (gateway !== undefined && (!isSameOnly || set.metadata.namespace === namespace)) yield set;
  }
}

function listenerReferences(listeners: readonly GatewayListener[]): readonly Reference[] {
  return listeners.flatMap(({ tls }) => tls?.certificateRefs ?? []);
}

function gatewayReferences({ spec }: Gateway): readonly Reference[] {
  const frontend = spec.tls?.frontend;
  const validations = [frontend?.default, ...(frontend?.perPort ?? []).map(({ tls }) => tls)];
  const client = spec.tls?.backend?.clientCertificateRef;
  return [
    ...listenerReferences(spec.listeners),
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
