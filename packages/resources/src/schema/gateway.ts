import { externalAuth, memberOfType } from './filters.ts';
import {
  addressType,
  controllerName,
  group,
  hostname,
  kind,
  labelName,
  labelValue,
  objectName,
  protocol,
  qualifiedName,
  subdomainName,
} from './patterns.ts';
import { localReference, objectReference, port, secretReference } from './references.ts';
import type { Report } from './schema-problem.ts';
import { list, type MapShape, map, type ObjectShape, object, oneOf, text } from './shape.ts';

export const gatewayClassSpec: ObjectShape = object(
  { controllerName },
  {
    description: text({ maxLength: 64 }),
    parametersRef: object({ group, kind, name: objectName }, { namespace: labelName }),
  },
);

const labelSelector: ObjectShape = object(
  {},
  {
    matchLabels: map(text()),
    matchExpressions: list(
      object({ key: text(), operator: oneOf('In', 'NotIn', 'Exists', 'DoesNotExist') }, { values: list(text()) }),
    ),
  },
);

const allowedRoutes: ObjectShape = object(
  {},
  {
    namespaces: object({}, { from: oneOf('All', 'Selector', 'Same'), selector: labelSelector }),
    kinds: list(object({ kind }, { group }), { maxItems: 8 }),
  },
);

export const options: MapShape = map(text({ maxLength: 4_096 }), { maxEntries: 16 });

const listenerTls: ObjectShape = object(
  {},
  { mode: oneOf('Terminate', 'Passthrough'), certificateRefs: list(secretReference, { maxItems: 64 }), options },
  checkListenerTls,
);

interface ListenerTls {
  readonly mode?: string;
  readonly certificateRefs?: readonly unknown[];
  readonly options?: object;
}

function checkListenerTls(
  { mode = 'Terminate', certificateRefs = [], options = {} }: ListenerTls,
  report: Report,
): void {
  if (mode !== 'Terminate' || certificateRefs.length > 0 || Object.keys(options).length > 0) return;
  report(['certificateRefs'], 'is required with mode Terminate: name the Secret with the certificate');
}

const listenerFilters: ObjectShape = object(
  {},
  {
    requests: list(
      object(
        { type: oneOf('ExternalAuth', 'ExtensionRef') },
        { externalAuth, extensionRef: localReference },
        memberOfType('type', [
          ['ExternalAuth', 'externalAuth'],
          ['ExtensionRef', 'extensionRef'],
        ]),
      ),
      { maxItems: 16 },
    ),
  },
);

/** Of Gateways and ListenerSets. */
export const listener: ObjectShape = object(
  { name: subdomainName, port, protocol },
  { hostname, tls: listenerTls, allowedRoutes, filters: listenerFilters },
  checkProtocol,
);

interface Listener {
  readonly name: string;
  readonly hostname?: string;
  readonly port: number;
  readonly protocol: string;
  readonly tls?: ListenerTls;
  readonly filters?: unknown;
}

function checkProtocol({ protocol, tls, hostname, filters }: Listener, report: Report): void {
  if (['HTTP', 'TCP', 'UDP'].includes(protocol) && tls !== undefined)
    report(['tls'], `must not be set with protocol ${protocol}`);
  if (protocol === 'HTTPS' && (tls?.mode ?? 'Terminate') !== 'Terminate')
    report(['tls', 'mode'], 'must be Terminate with protocol HTTPS');
  // `mode` has a default, so only `tls` itself can be missing.
  if (protocol === 'TLS' && tls === undefined) report(['tls'], 'is required with protocol TLS');
  if (['TCP', 'UDP'].includes(protocol) && hostname !== undefined)
    report(['hostname'], `must not be set with protocol ${protocol}`);
  if (!['HTTP', 'HTTPS'].includes(protocol) && filters !== undefined) {
    report(['filters'], 'may only be set with protocol HTTP or HTTPS');
  }
}

export function distinctListeners(listeners: readonly Listener[], report: Report): void {
  const first = new Map<string, number>();
  for (const [i, { port, protocol, hostname }] of listeners.entries()) {
    const key = `${port} ${protocol} ${hostname ?? ''}`;
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, i);
    else
      report(
        [i],
        `has the same port, protocol and hostname as listener "${listeners[earlier]!.name}"; one of them must differ`,
      );
  }
}

const address: ObjectShape = object(
  {},
  { type: addressType, value: text({ maxLength: 253 }), routability: text({ maxLength: 253 }) },
  checkAddress,
);

interface Address {
  readonly type?: string;
  readonly value?: string;
  readonly routability?: string;
}

function checkAddress({ type = 'IPAddress', value, routability = '' }: Address, report: Report): void {
  if (value !== undefined && value !== '') {
    if (type === 'IPAddress' && !isIpAddress(value))
      report(['value'], `must be an IP address with type IPAddress, not ${JSON.stringify(value)}`);
    if (type === 'Hostname' && !hostname.pattern!.expression.test(value))
      report(['value'], `must be ${hostname.pattern!.words}`);
  }
  const prefixed = /^([^/]+)\/.+$/.exec(routability)?.[1];
  const foreign = prefixed !== undefined && prefixed !== 'k8s.io' && !prefixed.endsWith('.k8s.io');
  if (routability !== '' && routability !== 'Cluster' && !foreign) {
    report(['routability'], 'must be Cluster or a domain-prefixed name outside k8s.io');
  }
}

/** Loosely: whether it can be listened on is told by who tries. */
function isIpAddress(value: string): boolean {
  if (value.includes(':')) return /^[0-9a-fA-F:]+(?:\d+\.\d+\.\d+\.\d+)?$/.test(value);
  return /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(value);
}

function distinctAddresses(addresses: readonly Address[], report: Report): void {
  const seen = new Set<string>();
  for (const [i, { type = 'IPAddress', value }] of addresses.entries()) {
    if (value === undefined || !['IPAddress', 'Hostname'].includes(type)) continue;
    if (seen.has(`${type} ${value}`)) report([i, 'value'], `${JSON.stringify(value)} is there twice`);
    seen.add(`${type} ${value}`);
  }
}

const frontendTlsConfig: ObjectShape = object(
  {},
  {
    validation: object(
      { caCertificateRefs: list(objectReference, { minItems: 1, maxItems: 16, rules: [bundlesWithoutNamespace] }) },
      { mode: oneOf('AllowValidOnly', 'AllowInsecureFallback') },
    ),
  },
);

interface CaReference {
  readonly group: string;
  readonly kind: string;
  readonly namespace?: string;
}

function bundlesWithoutNamespace(references: readonly CaReference[], report: Report): void {
  for (const [i, { group, kind, namespace }] of references.entries()) {
    const bundle = group === 'certificates.k8s.io' && kind === 'ClusterTrustBundle';
    if (bundle && namespace !== undefined)
      report([i, 'namespace'], 'must not be set: a ClusterTrustBundle is in no namespace');
  }
}

export const gatewaySpec: ObjectShape = object(
  {
    gatewayClassName: objectName,
    listeners: list(listener, { minItems: 1, maxItems: 64, uniqueBy: ['name'], rules: [distinctListeners] }),
  },
  {
    addresses: list(address, { maxItems: 16, rules: [distinctAddresses] }),
    allowedListeners: object(
      {},
      { namespaces: object({}, { from: oneOf('All', 'Selector', 'Same', 'None'), selector: labelSelector }) },
    ),
    defaultScope: oneOf('All', 'None'),
    infrastructure: object(
      {},
      {
        labels: map(labelValue, { keys: qualifiedName, maxEntries: 8 }),
        annotations: map(text({ maxLength: 4_096 }), { keys: qualifiedName, maxEntries: 16 }),
        parametersRef: localReference,
      },
    ),
    tls: object(
      {},
      {
        backend: object({}, { clientCertificateRef: secretReference }),
        frontend: object(
          { default: frontendTlsConfig },
          { perPort: list(object({ port, tls: frontendTlsConfig }, {}), { maxItems: 64, uniqueBy: ['port'] }) },
        ),
      },
    ),
  },
);
