import type { Condition, Gateway, ListenerSet } from '@fairlead/resources';
import { bindPortOf } from './binds.ts';
import { listenerPolicy } from './client-policies.ts';
import type { CertificateReader } from './compile-options.ts';
import { ConditionWriter, joinFindings } from './conditions.ts';
import type { AttachListener, GatewayClientPolicies, GatewayNode, ListenerNode, Lookups, PortLoss } from './graph.ts';
import {
  findFrontendValidation,
  resolveClientValidation,
  resolveListenerCertificates,
  type TlsContext,
} from './listener-tls.ts';
import { type ListenerCheck, listenerId } from './listeners.ts';
import type { Finding } from './problems.ts';
import type { Reads } from './reads.ts';
import type { Certificate, ClientValidation } from './table.ts';

/** Whose listeners are built: those of a Gateway itself, or of a ListenerSet of it. */
export interface ListenerOwner {
  readonly gateway: Gateway;
  /** Null: the Gateway. */
  readonly set: ListenerSet | null;
  readonly gatewayRefused: boolean;
  /** Of the Gateway and all its ListenerSets. */
  readonly losses: readonly PortLoss[];
  readonly policies: GatewayClientPolicies | undefined;
  readonly sockets: Sockets;
  readonly certificates: CertificateReader;
  readonly reads: Reads<Lookups>;
}

/** What is known of the sockets of an owner's listeners. */
interface Sockets {
  /** By bind key. */
  readonly failures: ReadonlyMap<string, Finding>;
  readonly bindPorts: GatewayNode['bindPorts'];
}

export interface BuiltListener {
  readonly draft: ListenerDraft;
  readonly node: ListenerNode;
}

/** One listener, from what its fields say to what is served and reported. */
export function buildListener(check: ListenerCheck, owner: ListenerOwner): BuiltListener {
  const draft = draftListener(check, owner);
  return { draft, node: toListenerNode(draft, owner) };
}

/** A listener with its references resolved, before it is written down as conditions and table data. */
export interface ListenerDraft {
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

function draftListener(check: ListenerCheck, owner: ListenerOwner): ListenerDraft {
  const { gateway, gatewayRefused } = owner;
  const isTls = check.secure && check.refused === null;
  const certificates = isTls ? resolveListenerCertificates(check.spec, check.path, tlsContext(owner)) : none;
  const frontend = isTls ? findFrontendValidation(gateway.spec.tls?.frontend, check.spec.port) : null;
  const validation =
    frontend && resolveClientValidation(frontend.validation, frontend.path, tlsContext({ ...owner, set: null }));
  const unresolved = [...check.badKinds, ...certificates.findings, ...(validation?.findings ?? [])];
  const accepted =
    check.refused ?? check.conflict ?? findLoss(check, owner) ?? findNoCa(validation, frontend?.path ?? []);
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

/** What refers to Secrets: whoever wrote the reference. */
function tlsContext({ gateway, set, certificates, reads }: ListenerOwner): TlsContext {
  const { namespace = '' } = (set ?? gateway).metadata;
  return { kind: set === null ? 'Gateway' : 'ListenerSet', namespace, certificates, reads };
}

function findLoss(check: ListenerCheck, { gateway, set, losses }: ListenerOwner): Finding | null {
  const id = listenerId(gateway, set, check.spec.name);
  const loss = losses.find((entry) => entry.listener === id);
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

function toListenerNode(draft: ListenerDraft, owner: ListenerOwner): ListenerNode {
  const { check } = draft;
  const { gateway, set, policies, sockets } = owner;
  const { namespace = '', name } = gateway.metadata;
  const write = new ConditionWriter((set ?? gateway).metadata.generation ?? 0);
  const listener = {
    id: listenerId(gateway, set, check.spec.name),
    gateway: { namespace, name },
    name: set === null ? check.spec.name : `${set.metadata.namespace}/${set.metadata.name}/${check.spec.name}`,
    port: check.spec.port,
    hostname: check.hostname,
    tls: check.secure ? { certificates: draft.certificates, clientValidation: draft.clientValidation } : null,
    // Policies name sections of Gateways only.
    clientPolicy: listenerPolicy(policies, set === null ? check.spec.name : ''),
  };
  return {
    id: listener.id,
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

/** What routes see of a listener. */
export function toAttachListener({ draft: { check }, node }: BuiltListener): AttachListener {
  const namespaces = check.spec.allowedRoutes?.namespaces;
  return {
    id: node.id,
    name: check.spec.name,
    port: check.spec.port,
    hostname: check.hostname,
    kinds: check.supportedKinds.map((kind) => kind.kind),
    from: namespaces?.from ?? 'Same',
    selector: namespaces?.selector,
    serving: node.listener !== null,
  };
}
