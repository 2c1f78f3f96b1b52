import { base64 } from './patterns.ts';
import { port } from './references.ts';
import type { Report } from './schema-problem.ts';
import {
  boolean,
  type EitherShape,
  type Fields,
  integer,
  list,
  map,
  type ObjectShape,
  oneOf,
  openObject,
  type TextShape,
  text,
} from './shape.ts';

/** Kubernetes' own kinds: only what is read is checked, the rest is the API server's. */

const protocol = oneOf('TCP', 'UDP', 'SCTP');
const targetPort: EitherShape = { type: 'either', text: text({ minLength: 1, maxLength: 63 }), integer: port };

export const serviceFields: Fields = {
  spec: openObject(
    {},
    {
      type: oneOf('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
      clusterIP: text(),
      ipFamilies: list(oneOf('IPv4', 'IPv6'), { maxItems: 2, uniqueBy: [] }),
      externalName: text(),
      selector: map(text()),
      ports: list(
        openObject(
          { port },
          { name: text({ maxLength: 63 }), protocol, appProtocol: text(), targetPort, nodePort: integer(0, 65_535) },
        ),
        {
          rules: [namedPorts],
        },
      ),
    },
  ),
};

interface Port {
  readonly name?: string;
  readonly port?: number;
  readonly protocol?: string;
}

function namedPorts(ports: readonly Port[], report: Report): void {
  uniqueNames(ports, report);
  for (const [i, { name, port, protocol = 'TCP' }] of ports.entries()) {
    if (ports.length > 1 && !name) report([i, 'name'], 'is required when a Service has more than one port');
    const first = ports.findIndex((other) => other.port === port && (other.protocol ?? 'TCP') === protocol);
    if (first < i) report([i, 'port'], `${port} (${protocol}) is already port ${first} of this Service`);
  }
}

function uniqueNames(ports: readonly Port[], report: Report): void {
  for (const [i, { name = '' }] of ports.entries()) {
    const first = ports.findIndex((other) => (other.name ?? '') === name);
    if (first < i) report([i, 'name'], `"${name}" is already the name of port ${first}; every name may be there once`);
  }
}

const endpoint: ObjectShape = openObject(
  { addresses: list(text({ minLength: 1 }), { minItems: 1, maxItems: 100 }) },
  {
    conditions: openObject({}, { ready: boolean, serving: boolean, terminating: boolean }),
    hostname: text(),
    nodeName: text(),
    zone: text(),
    targetRef: openObject({}, { kind: text(), namespace: text(), name: text() }),
  },
);

export const addressType: TextShape = oneOf('IPv4', 'IPv6', 'FQDN');

/** Without the required `addressType`. */
export const endpointSliceFields: Fields = {
  endpoints: list(endpoint, { maxItems: 1_000 }),
  ports: list(openObject({}, { name: text({ maxLength: 63 }), protocol, port, appProtocol: text() }), {
    maxItems: 20_000,
    rules: [uniqueNames],
  }),
};

interface SliceParts {
  readonly addressType: string;
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[];
}

/** Beside the shape of its fields: an address has the slice's type. */
export function checkSlice({ addressType, endpoints = [] }: SliceParts, report: Report): void {
  if (addressType === 'FQDN') return;
  for (const [i, { addresses }] of endpoints.entries()) {
    for (const [k, address] of addresses.entries()) {
      if (address.includes(':') === (addressType === 'IPv6') && /^[0-9a-fA-F:.]+$/.test(address)) continue;
      report(
        ['endpoints', i, 'addresses', k],
        `must be an ${addressType} address, as the addressType says, not ${JSON.stringify(address)}`,
      );
    }
  }
}

export const secretFields: Fields = { type: text(), data: map(base64), stringData: map(text()), immutable: boolean };
export const configMapFields: Fields = { data: map(text()), binaryData: map(base64), immutable: boolean };
