import type { BackendObjectReference, Service, ServicePort } from '@fairlead/resources';
import type { Lookups, PolicyNode } from './graph.ts';
import type { FieldPath, Finding } from './problems.ts';
import type { Reads } from './reads.ts';
import { mayRefer, notPermitted, type Referrer } from './references.ts';
import type { Backend } from './table.ts';

/** What a reference to a backend leads to. With a `finding` there may still be a backend: one that must not be sent to, see its failure. */
export interface ResolvedBackend {
  readonly backend: Backend | null;
  readonly finding: Finding | null;
  /** The Service, when a BackendTLSPolicy names it; '' otherwise. */
  readonly policed: string;
}

/** What a reference to a Service leads to. */
export interface ResolvedService {
  /** `namespace/name` */
  readonly key: string;
  /** Null: see `finding`. */
  readonly service: Service | null;
  readonly finding: Finding | null;
  /** It is a Service and may be referred to, whether it is there or not. */
  readonly permitted: boolean;
}

/** In the API's order of judgement: kind, permission, existence. */
export function resolveService(
  ref: BackendObjectReference,
  path: FieldPath,
  from: Referrer,
  reads: Reads<Lookups>,
): ResolvedService {
  const { group = '', kind = 'Service', namespace = from.namespace, name } = ref;
  const key = `${namespace}/${name}`;
  const refuse = (reason: string, message: string, permitted: boolean): ResolvedService => ({
    key,
    service: null,
    finding: { path, reason, message },
    permitted,
  });
  if (group !== '' || kind !== 'Service') {
    const named = group === '' ? kind : `${group}/${kind}`;
    return refuse('InvalidKind', `kind ${named} is not supported as backend; use Service`, false);
  }
  const to = { group, kind, namespace, name };
  if (!mayRefer(from, to, reads)) return refuse('RefNotPermitted', notPermitted(from, to), false);
  const service = reads.get('services', key);
  if (service === undefined) return refuse('BackendNotFound', `Service "${key}" not found`, true);
  if (service.spec.type === 'ExternalName') {
    const message = `Service "${key}" is an ExternalName, which could lead anywhere; it is not supported`;
    return refuse('InvalidKind', message, true);
  }
  return { key, service, finding: null, permitted: true };
}

/**
 * A backendRef, in the API's order of judgement: kind, permission, existence, protocol. The client certificate is left out: it depends on
 * the Gateway that the request came through.
 */
export function resolveBackend(
  ref: BackendObjectReference,
  path: FieldPath,
  from: Referrer,
  reads: Reads<Lookups>,
): ResolvedBackend {
  const { namespace = from.namespace, name, port } = ref;
  const { key, service, finding, permitted } = resolveService(ref, path, from, reads);
  const policies = permitted ? reads.get('serviceTls', key) : undefined;
  const policed = policies === undefined ? '' : key;
  const refuse = (reason: string, message: string): ResolvedBackend => ({
    backend: null,
    finding: { path, reason, message },
    policed,
  });
  if (service === null) return { backend: null, finding, policed };
  const servicePort = findPort(service, port);
  if (servicePort === undefined) return refuse('BackendNotFound', noPort(key, port, service));
  const policy = policies?.get(servicePort.name ?? '') ?? policies?.get('') ?? null;
  const protocol = findProtocol(servicePort, policy !== null, from);
  if ('error' in protocol) return refuse('UnsupportedProtocol', `Service "${key}", port ${port}: ${protocol.error}`);
  const backend = toBackend({ namespace, name }, servicePort.port, protocol, policy);
  return { backend, finding: backend.failure && badPolicy(path, key, policy!), policed };
}

/** The protocol that is wanted first: 443 is often there for UDP too. */
export function findPort(
  { spec: { ports = [] } }: Service,
  number: number | undefined,
  wanted: 'TCP' | 'UDP' = 'TCP',
): ServicePort | undefined {
  const first = ports.find(({ port, protocol = 'TCP' }) => port === number && protocol === wanted);
  return first ?? ports.find(({ port }) => port === number);
}

function noPort(key: string, port: number | undefined, service: Service): string {
  const ports = (service.spec.ports ?? []).map((candidate) => candidate.port).join(', ');
  const has = ports === '' ? 'it has no ports' : `it has ${ports}`;
  return port === undefined
    ? `port is required for Service "${key}"; ${has}`
    : `Service "${key}" has no port ${port}; ${has}`;
}

function badPolicy(path: FieldPath, service: string, { policy }: PolicyNode): Finding {
  const message =
    `BackendTLSPolicy "${policy.metadata.namespace}/${policy.metadata.name}" of Service "${service}" can't be honoured; ` +
    'requests are refused rather than sent unprotected; see its conditions';
  return { path, reason: 'InvalidBackendTLSPolicy', message };
}

interface KnownProtocol {
  readonly protocol: Backend['protocol'];
  readonly secure: boolean;
  /** It can't be HTTP/2. */
  readonly http1Only: boolean;
}

function plain(protocol: Backend['protocol']): KnownProtocol {
  return { protocol, secure: false, http1Only: false };
}

/** Lower case. Kubernetes' standard ones (KEP-3726), the IANA names in use, and what people write. */
const protocols: ReadonlyMap<string, KnownProtocol> = new Map<string, KnownProtocol>([
  ['', plain('http1')],
  ['http', plain('http1')],
  ['ws', { protocol: 'http1', secure: false, http1Only: true }],
  ['kubernetes.io/ws', { protocol: 'http1', secure: false, http1Only: true }],
  ['https', { protocol: 'http1', secure: true, http1Only: false }],
  ['wss', { protocol: 'http1', secure: true, http1Only: true }],
  ['kubernetes.io/wss', { protocol: 'http1', secure: true, http1Only: true }],
  ['h2c', plain('h2c')],
  ['http2', plain('h2c')],
  ['grpc', plain('h2c')],
  ['kubernetes.io/h2c', plain('h2c')],
]);

/** How endpoints are spoken to, and whether that is what the Service says for itself. */
interface ChosenProtocol {
  readonly protocol: Backend['protocol'];
  readonly own: boolean;
}

/**
 * "Implementations MAY infer the protocol from the Route type referring to the backend Service": gRPC is HTTP/2, so that a Service of a
 * GRPCRoute needs no `appProtocol`. "If a Route is not able to send traffic to the backend using the specified protocol then the backend is
 * considered invalid."
 */
function findProtocol(
  port: ServicePort,
  hasPolicy: boolean,
  from: Referrer,
): ChosenProtocol | { readonly error: string } {
  const { protocol = 'TCP', appProtocol = '' } = port;
  if (protocol !== 'TCP') return { error: `protocol ${protocol} can't carry HTTP` };
  const known = protocols.get(appProtocol.toLowerCase());
  if (known === undefined) return { error: `appProtocol "${appProtocol}" is not supported` };
  if (known.secure && !hasPolicy) {
    return { error: `appProtocol "${appProtocol}" needs a BackendTLSPolicy that says which certificate to accept` };
  }
  if (from.kind !== 'GRPCRoute') return { protocol: known.protocol, own: true };
  if (known.http1Only) return { error: `appProtocol "${appProtocol}" is HTTP/1.1, which can't carry gRPC` };
  return { protocol: 'h2c', own: known.protocol === 'h2c' };
}

/** One Service port may be spoken to in two ways at once, by HTTPRoutes and by GRPCRoutes: then there are two backends. */
function toBackend(
  service: Backend['service'],
  port: number,
  { protocol, own }: ChosenProtocol,
  policy: PolicyNode | null,
): Backend {
  const tls = policy?.tls ?? null;
  return {
    id: `${service.namespace}/${service.name}:${port}${own ? '' : `+${protocol}`}`,
    service,
    port,
    protocol,
    tls: tls === null || 'status' in tls ? null : { ...tls, clientCertificate: null },
    failure: tls !== null && 'status' in tls ? tls : null,
  };
}
