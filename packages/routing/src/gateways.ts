import type { Condition, Gateway, GatewayAddress } from '@fairlead/resources';
import { objectKey } from './age.ts';
import { bindKey, bindPortOf, listenAddresses } from './binds.ts';
import { resolveCertificate } from './certificates.ts';
import { affectedCondition, listenerPolicy } from './client-policies.ts';
import type { CompileOptions } from './compile-options.ts';
import { ConditionWriter, joinFindings } from './conditions.ts';
import type {
  AttachListener,
  AttachPoint,
  GatewayClientPolicies,
  GatewayNode,
  ListenerNode,
  Lookups,
  PortLoss,
} from './graph.ts';
import { parseIp } from './ip-address.ts';
import {
  findFrontendValidation,
  resolveClientValidation,
  resolveListenerCertificates,
  type TlsContext,
} from './listener-tls.ts';
import { checkListeners, type ListenerCheck } from './listeners.ts';
import { findMissingAddresses, findPending, type Place, placeOf } from './placements.ts';
import { type Finding, toProblem } from './problems.ts';
import type { Reads } from './reads.ts';
import { keep } from './same.ts';
import type { Certificate, ClientValidation } from './table.ts';

/** Everything about one Gateway: `before` is its node of the last compile, whose unchanged parts are kept. */
export function buildGateway(
  gateway: Gateway,
  options: CompileOptions,
  reads: Reads<Lookups>,
  before: GatewayNode | undefined,
): GatewayNode {
  const key = objectKey(gateway.metadata);
  const context = { namespace: gateway.metadata.namespace ?? '', certificates: options.certificates, reads };
  const refused = refuseGateway(gateway);
  const client = resolveClientCertificate(gateway, context);
  const policies = reads.get('clientPolicies', key);
  const losses = reads.get('portLosses', key) ?? [];
  const addresses = refused === null ? listenAddresses(gateway, options) : [];
  const place = placeOf(key, options, reads);
  const bindPorts = place?.bindPorts ?? null;
  const bindFailures = findBindFailures(gateway, addresses, bindPorts, reads);
  const drafts = checkListeners(gateway.spec.listeners).map((check) =>
    draftListener(check, gateway, losses, refused !== null, context),
  );
  const write = new ConditionWriter(gateway.metadata.generation ?? 0);
  const listeners = drafts.map((draft) =>
    toListenerNode(draft, gateway, write, { failures: bindFailures, bindPorts }, policies),
  );
  const addressFindings = [
    ...findAddressFindings(gateway),
    ...(place === null ? [] : findMissingAddresses(gateway, place)),
  ];
  return {
    gateway,
    attachPoint: keep(before?.attachPoint, toAttachPoint(gateway, drafts, listeners, client.certificate)),
    listeners: listeners.map((node, i) => keep(before?.listeners[i], node)),
    addresses,
    bindPorts,
    clientPolicies: policies,
    statusAddresses:
      place === null ? toStatusAddresses(addresses, bindFailures, gateway) : (place.placement?.addresses ?? []),
    conditions: [
      acceptedCondition(refused, drafts, write),
      programmedCondition(refused, listeners, [...addressFindings, ...bindFailures.values()], place, write),
      resolvedCondition(client.findings, drafts, write),
      ...insecureCondition(drafts, write),
      ...affectedCondition(gateway, policies, write),
    ],
    problems: [
      ...[refused, ...client.findings, ...addressFindings, ...[...bindFailures.values()]].filter((f) => f !== null),
      ...drafts.flatMap((draft) => draft.findings),
    ].map((finding) =>
      toProblem({ kind: 'Gateway', namespace: context.namespace, name: gateway.metadata.name }, finding),
    ),
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

/** By bind key: the sockets of this Gateway that could not be opened. */
function findBindFailures(
  gateway: Gateway,
  addresses: readonly string[],
  bindPorts: GatewayNode['bindPorts'],
  reads: Reads<Lookups>,
): ReadonlyMap<string, Finding> {
  const failures = new Map<string, Finding>();
  gateway.spec.listeners.forEach((listener, i) => {
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

/** A listener with its references resolved, before it is written down as conditions and table data. */
interface ListenerDraft {
  readonly check: ListenerCheck;
  readonly certificates: readonly Certificate[];
  readonly clientValidation: ClientValidation | null;
  readonly accepted: Finding | null;
  /** Why references can't be resolved. */
  readonly unresolved: readonly Finding[];
  readonly serving: boolean;
  readonly insecure: boolean;
  readonly findings: readonly Finding[];
}

function draftListener(
  check: ListenerCheck,
  gateway: Gateway,
  losses: readonly PortLoss[],
  gatewayRefused: boolean,
  context: TlsContext,
): ListenerDraft {
  const isTls = check.secure && check.refused === null;
  const certificates = isTls ? resolveListenerCertificates(check.spec, check.path, context) : none;
  const frontend = isTls ? findFrontendValidation(gateway.spec.tls?.frontend, check.spec.port) : null;
  const validation = frontend && resolveClientValidation(frontend.validation, frontend.path, context);
  const unresolved = [...check.badKinds, ...certificates.findings, ...(validation?.findings ?? [])];
  const accepted =
    check.refused ?? check.conflict ?? findLoss(check, losses) ?? findNoCa(validation, frontend?.path ?? []);
  const served = check.supportedKinds.length > 0 && (!isTls || certificates.values.length > 0);
  return {
    check,
    certificates: certificates.values,
    clientValidation: validation?.value ?? null,
    accepted,
    unresolved,
    serving: accepted === null && served && !gatewayRefused,
    insecure: frontend?.validation.mode === 'AllowInsecureFallback',
    findings: [...(accepted === null ? [] : [accepted]), ...unresolved],
  };
}

const none = { values: [], findings: [] };

function findLoss(check: ListenerCheck, losses: readonly PortLoss[]): Finding | null {
  const loss = losses.find((entry) => entry.listener === check.spec.name);
  if (loss === undefined) return null;
  return { path: [...check.path, 'port'], reason: 'PortUnavailable', message: loss.message };
}

/** "If ALL CACertificateRefs are invalid, … `Accepted` … `status: False`, with the Reason `NoValidCACertificate`." */
function findNoCa(
  validation: { readonly value: ClientValidation | null } | null,
  path: Finding['path'],
): Finding | null {
  if (validation === null || validation.value !== null) return null;
  const message = 'no CA certificate to check clients by could be resolved, so that no client may be let in';
  return { path: [...path, 'caCertificateRefs'], reason: 'NoValidCACertificate', message };
}

/** What is known of the sockets of a Gateway. */
interface Sockets {
  /** By bind key. */
  readonly failures: ReadonlyMap<string, Finding>;
  readonly bindPorts: GatewayNode['bindPorts'];
}

function toListenerNode(
  draft: ListenerDraft,
  gateway: Gateway,
  write: ConditionWriter,
  sockets: Sockets,
  policies: GatewayClientPolicies | undefined,
): ListenerNode {
  const { check } = draft;
  const { namespace = '', name } = gateway.metadata;
  const listener = {
    id: `${namespace}/${name}/${check.spec.name}`,
    gateway: { namespace, name },
    name: check.spec.name,
    port: check.spec.port,
    hostname: check.hostname,
    tls: check.secure ? { certificates: draft.certificates, clientValidation: draft.clientValidation } : null,
    clientPolicy: listenerPolicy(policies, check.spec.name),
  };
  return {
    name: check.spec.name,
    supportedKinds: check.supportedKinds,
    conditions: listenerConditions(draft, write, sockets),
    listener: draft.serving ? listener : null,
  };
}

function listenerConditions(draft: ListenerDraft, write: ConditionWriter, sockets: Sockets): readonly Condition[] {
  const { check, accepted, unresolved } = draft;
  const conditions = [
    accepted === null
      ? write.isTrue('Accepted', 'Accepted', 'listener is accepted')
      : write.failed('Accepted', [accepted]),
    listenerProgrammed(draft, write, sockets),
    unresolved.length === 0
      ? write.isTrue('ResolvedRefs', 'ResolvedRefs', 'all references are resolved')
      : write.failed('ResolvedRefs', unresolved),
    check.conflict === null
      ? write.isFalse('Conflicted', 'NoConflicts', 'no other listener conflicts')
      : write.isTrue('Conflicted', check.conflict.reason, joinFindings([check.conflict])),
  ];
  if (check.overlaps.length > 0) {
    const message = `hostname overlaps with that of ${check.overlaps.map((name) => `"${name}"`).join(', ')} on the same port`;
    conditions.push(write.isTrue('OverlappingTLSConfig', 'OverlappingHostnames', message));
  }
  return conditions;
}

function listenerProgrammed(
  draft: ListenerDraft,
  write: ConditionWriter,
  { failures: bindFailures, bindPorts }: Sockets,
): Condition {
  const { check, serving } = draft;
  if (check.conflict !== null) return write.failed('Programmed', [check.conflict]);
  if (!serving)
    return write.isFalse(
      'Programmed',
      'Invalid',
      'the listener does not serve: see its other conditions and those of the Gateway',
    );
  const port = bindPortOf(check.spec.port, bindPorts);
  if (port === null) return write.isFalse('Programmed', 'Pending', 'its port is not in the Service of the Gateway yet');
  const failures = [...bindFailures].filter(([key]) => key.endsWith(`:${port}`)).map(([, finding]) => finding);
  if (failures.length > 0) return write.isFalse('Programmed', 'PortUnavailable', joinFindings(failures));
  return write.isTrue('Programmed', 'Programmed', 'listener serves');
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
  drafts: readonly ListenerDraft[],
  nodes: readonly ListenerNode[],
  clientCertificate: Certificate | null,
): AttachPoint {
  const { namespace = '', name } = gateway.metadata;
  const listeners = drafts.map(({ check }, i): AttachListener => {
    const namespaces = check.spec.allowedRoutes?.namespaces;
    return {
      id: `${namespace}/${name}/${check.spec.name}`,
      name: check.spec.name,
      port: check.spec.port,
      hostname: check.hostname,
      kinds: check.supportedKinds.map((kind) => kind.kind),
      from: namespaces?.from ?? 'Same',
      selector: namespaces?.selector,
      serving: nodes[i]!.listener !== null,
    };
  });
  return { namespace, name, listeners, clientCertificate };
}
