import type { Condition, Gateway, GatewayAddress, GatewayListener, ListenerSet } from '@fairlead/resources';
import { objectKey } from './age.ts';
import { bindKey, bindPortOf, listenAddresses } from './binds.ts';
import { resolveCertificate } from './certificates.ts';
import { affectedCondition } from './client-policies.ts';
import type { CompileOptions } from './compile-options.ts';
import { ConditionWriter } from './conditions.ts';
import type { AttachPoint, GatewayNode, ListenerNode, ListenerSetNode, Lookups } from './graph.ts';
import { parseIp } from './ip-address.ts';
import { type BuiltListener, buildListener, type ListenerDraft, toAttachListener } from './listener-nodes.ts';
import { refuseListenerSet, toListenerSetNode } from './listener-sets.ts';
import type { TlsContext } from './listener-tls.ts';
import { checkListeners } from './listeners.ts';
import { findMissingAddresses, findPending, type Place, placeOf } from './placements.ts';
import { type Finding, toProblem } from './problems.ts';
import type { Reads } from './reads.ts';
import { keep } from './same.ts';
import type { Certificate } from './table.ts';

/** Everything about one Gateway and its ListenerSets: `before` is its node of the last compile, whose unchanged parts are kept. */
export function buildGateway(
  gateway: Gateway,
  options: CompileOptions,
  reads: Reads<Lookups>,
  before: GatewayNode | undefined,
): GatewayNode {
  const key = objectKey(gateway.metadata);
  const { certificates } = options;
  const refused = refuseGateway(gateway);
  const client = resolveClientCertificate(gateway, {
    kind: 'Gateway',
    namespace: gateway.metadata.namespace ?? '',
    certificates,
    reads,
  });
  const policies = reads.get('clientPolicies', key);
  const addresses = refused === null ? listenAddresses(gateway, options) : [];
  const place = placeOf(key, options, reads);
  const bindPorts = place?.bindPorts ?? null;
  const shared = {
    gateway,
    gatewayRefused: refused !== null,
    losses: reads.get('portLosses', key) ?? [],
    policies,
    certificates,
    reads,
  };
  const named = reads.get('listenerSets', key) ?? [];
  const [own, ...others] = checkListeners(
    gateway,
    named.flatMap(({ set, allowed }) => (allowed ? [set] : [])),
  ).map(({ set, checks }): BuiltGroup => {
    const failures = findBindFailures((set ?? gateway).spec.listeners, addresses, bindPorts, reads);
    const owner = { ...shared, set, sockets: { failures, bindPorts } };
    return { set, failures, built: checks.map((check) => buildListener(check, owner)) };
  });
  const { failures, built } = own!;
  const drafts = built.map(({ draft }) => draft);
  const write = new ConditionWriter(gateway.metadata.generation ?? 0);
  const addressFindings = [
    ...findAddressFindings(gateway),
    ...(place === null ? [] : findMissingAddresses(gateway, place)),
  ];
  const nodes = [own!, ...others].flatMap((group) => group.built.map(({ node }) => node));
  const unusable = [...addressFindings, ...failures.values()];
  const programmed = programmedCondition(refused, nodes, unusable, place, write);
  const parent = { gateway, refused: refused !== null, programmed, clientCertificate: client.certificate };
  const sets = named.map(({ set }) => {
    const group = others.find((one) => one.set === set);
    if (group === undefined) return refuseListenerSet(set, gateway);
    return toListenerSetNode(set, group.built, [...group.failures.values()], parent);
  });
  return {
    gateway,
    attachPoint: keep(before?.attachPoint, toAttachPoint(gateway, built, client.certificate)),
    listeners: built.map(({ node }, i) => keep(before?.listeners[i], node)),
    sets: sets.map((set) =>
      keepSet(
        before?.sets.find((old) => old.set === set.set),
        set,
      ),
    ),
    addresses,
    bindPorts,
    clientPolicies: policies,
    statusAddresses:
      place === null ? toStatusAddresses(addresses, failures, gateway) : (place.placement?.addresses ?? []),
    conditions: [
      acceptedCondition(refused, drafts, write),
      programmed,
      resolvedCondition(client.findings, drafts, write),
      ...insecureCondition(drafts, write),
      ...affectedCondition(gateway, policies, write),
    ],
    problems: [
      ...[refused, ...client.findings, ...unusable].filter((f) => f !== null),
      ...drafts.flatMap((draft) => draft.findings),
    ].map((finding) =>
      toProblem({ kind: 'Gateway', namespace: gateway.metadata.namespace ?? '', name: gateway.metadata.name }, finding),
    ),
  };
}

/** The listeners of one object. */
interface BuiltGroup {
  readonly set: ListenerSet | null;
  /** By bind key. */
  readonly failures: ReadonlyMap<string, Finding>;
  readonly built: readonly BuiltListener[];
}

function keepSet(before: ListenerSetNode | undefined, now: ListenerSetNode): ListenerSetNode {
  return {
    ...now,
    attachPoint: keep(before?.attachPoint, now.attachPoint),
    listeners: now.listeners.map((node, i) => keep(before?.listeners[i], node)),
  };
}

/** Why a Gateway can't be accepted at all, whatever its listeners. */
export function refuseGateway(gateway: Gateway): Finding | null {
  const parameters = gateway.spec.infrastructure?.parametersRef;
  if (parameters !== undefined) {
    const path = ['spec', 'infrastructure', 'parametersRef'];
    const message = `kind ${parameters.group}/${parameters.kind} is not supported as parameters; remove parametersRef`;
    return { path, reason: 'InvalidParameters', message };
  }
  const addresses = gateway.spec.addresses ?? [];
  const index = addresses.findIndex(({ type = 'IPAddress' }) => type !== 'IPAddress');
  if (index < 0) return null;
  const message = `address type "${addresses[index]!.type}" is not supported; use IPAddress`;
  return { path: ['spec', 'addresses', index, 'type'], reason: 'UnsupportedAddress', message };
}

function findAddressFindings(gateway: Gateway): readonly Finding[] {
  const findings: Finding[] = [];
  (gateway.spec.addresses ?? []).forEach(({ type = 'IPAddress', value }, i) => {
    if (type !== 'IPAddress' || !value || parseIp(value) !== null) return;
    const path = ['spec', 'addresses', i, 'value'];
    findings.push({ path, reason: 'AddressNotUsable', message: `"${value}" is not an IP address` });
  });
  return findings;
}

/** By bind key: the sockets of these listeners that could not be opened. */
function findBindFailures(
  listeners: readonly GatewayListener[],
  addresses: readonly string[],
  bindPorts: GatewayNode['bindPorts'],
  reads: Reads<Lookups>,
): ReadonlyMap<string, Finding> {
  const failures = new Map<string, Finding>();
  listeners.forEach((listener, i) => {
    const port = bindPortOf(listener.port, bindPorts);
    if (port === null) return;
    for (const address of addresses) {
      const key = bindKey(address, port);
      const error = reads.get('bindErrors', key);
      if (error === undefined || failures.has(key)) continue;
      const path = ['spec', 'listeners', i, 'port'];
      failures.set(key, { path, reason: 'AddressNotUsable', message: `can't listen on ${key}: ${error}` });
    }
  });
  return failures;
}

function resolveClientCertificate(
  gateway: Gateway,
  context: TlsContext,
): { readonly certificate: Certificate | null; readonly findings: readonly Finding[] } {
  const ref = gateway.spec.tls?.backend?.clientCertificateRef;
  if (ref === undefined) return { certificate: null, findings: [] };
  const to = {
    group: ref.group ?? '',
    kind: ref.kind ?? 'Secret',
    namespace: ref.namespace ?? context.namespace,
    name: ref.name,
  };
  const from = { kind: 'Gateway', namespace: context.namespace };
  const reasons = { kind: 'InvalidClientCertificateRef', invalid: 'InvalidClientCertificateRef' };
  const path = ['spec', 'tls', 'backend', 'clientCertificateRef'];
  const { value, finding } = resolveCertificate({ from, to, path }, reasons, context.certificates, context.reads);
  return { certificate: value ?? null, findings: finding === undefined ? [] : [finding] };
}

function acceptedCondition(
  refused: Finding | null,
  drafts: readonly ListenerDraft[],
  write: ConditionWriter,
): Condition {
  if (refused !== null) return write.failed('Accepted', [refused]);
  const bad = drafts.filter((draft) => !draft.serving).map((draft) => `"${draft.check.spec.name}"`);
  if (bad.length === 0) return write.isTrue('Accepted', 'Accepted', 'Gateway is accepted');
  const message = `listeners that can't serve: ${bad.join(', ')}; see their conditions`;
  return drafts.some((draft) => draft.accepted === null)
    ? write.isTrue('Accepted', 'ListenersNotValid', message)
    : write.isFalse('Accepted', 'ListenersNotValid', message);
}

function programmedCondition(
  refused: Finding | null,
  listeners: readonly ListenerNode[],
  unusable: readonly Finding[],
  place: Place | null,
  write: ConditionWriter,
): Condition {
  if (refused !== null) return write.isFalse('Programmed', 'Invalid', 'Gateway is not accepted');
  if (unusable.length > 0) return write.failed('Programmed', unusable);
  if (listeners.every((node) => node.listener === null)) {
    return write.isFalse('Programmed', 'Invalid', 'no listener can serve; see their conditions');
  }
  const pending = place === null ? null : findPending(place);
  if (pending !== null) return write.isFalse('Programmed', pending.reason, pending.message);
  return write.isTrue('Programmed', 'Programmed', 'Gateway serves');
}

function resolvedCondition(
  client: readonly Finding[],
  drafts: readonly ListenerDraft[],
  write: ConditionWriter,
): Condition {
  if (client.length > 0) return write.failed('ResolvedRefs', client);
  const bad = drafts.filter((draft) => draft.unresolved.length > 0).map((draft) => `"${draft.check.spec.name}"`);
  if (bad.length === 0) return write.isTrue('ResolvedRefs', 'ResolvedRefs', 'all references are resolved');
  return write.isFalse(
    'ResolvedRefs',
    'ListenersNotResolved',
    `listeners with unresolved references: ${bad.join(', ')}`,
  );
}

function insecureCondition(drafts: readonly ListenerDraft[], write: ConditionWriter): readonly Condition[] {
  const insecure = drafts.filter((draft) => draft.insecure).map((draft) => `"${draft.check.spec.name}"`);
  if (insecure.length === 0) return [];
  const message = `mode AllowInsecureFallback lets clients without a valid certificate in on ${insecure.join(', ')}`;
  return [write.isTrue('InsecureFrontendValidationMode', 'ConfigurationChanged', message)];
}

/** An address is given out when at least one listener's port could be opened on it. */
function toStatusAddresses(
  addresses: readonly string[],
  bindFailures: ReadonlyMap<string, Finding>,
  gateway: Gateway,
): readonly GatewayAddress[] {
  const ports = gateway.spec.listeners.map((listener) => listener.port);
  return addresses
    .filter((address) => ports.some((port) => !bindFailures.has(bindKey(address, port))))
    .map((value) => ({ type: 'IPAddress', value }));
}

function toAttachPoint(
  gateway: Gateway,
  built: readonly BuiltListener[],
  clientCertificate: Certificate | null,
): AttachPoint {
  const { namespace = '', name } = gateway.metadata;
  const listeners = built.map(toAttachListener);
  return { kind: 'Gateway', namespace, name, gateway: `${namespace}/${name}`, listeners, clientCertificate };
}
