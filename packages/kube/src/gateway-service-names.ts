import { createHash } from 'node:crypto';
import type { Service } from '@fairlead/resources';

/** The pods that serve all Gateways of a class, and how their Services are told from others. */
export interface Fleet {
  /** Where the pods are. */
  readonly namespace: string;
  /** Of the installation; a label's value. Two in one namespace have two names. */
  readonly name: string;
  /** Labels that the pods have, and no others. */
  readonly selector: Readonly<Record<string, string>>;
}

/** `gateway`: takes the traffic, beside the pods. `alias`: stands for it in the Gateway's own namespace. */
export type ServiceRole = 'gateway' | 'alias';

export const fleetLabel = 'fairlead.dev/fleet';
const fleetNamespaceLabel = 'fairlead.dev/fleet-namespace';
const roleLabel = 'fairlead.dev/service-role';
const managedByLabel = 'app.kubernetes.io/managed-by';
/** Of the Gateway API, for whatever is made for a Gateway. */
const gatewayNameLabel = 'gateway.networking.k8s.io/gateway-name';
const gatewayAnnotation = 'fairlead.dev/gateway';

const maxLabelLength = 63;
const hashLength = 10;
const slugLength = 40;

/**
 * Name of a Service for the Gateway `key` (`namespace/name`): at most 63 characters of a DNS-1035 label, whatever the length of the Gateway's
 * name; names that are cut to the same differ by their hash.
 */
export function serviceName(role: ServiceRole, key: string): string {
  const name = key.slice(key.indexOf('/') + 1);
  const slug = name.replaceAll('.', '-').slice(0, slugLength).replace(/-+$/, '');
  const prefix = role === 'gateway' ? 'gw' : 'fairlead';
  return `${prefix}-${slug}-${shortHash(`${role} ${key}`)}`;
}

/** Where a Service for the Gateway `key` stands, as `namespace/name`. */
export function serviceKey(role: ServiceRole, key: string, fleet: Fleet): string {
  const namespace = role === 'gateway' ? fleet.namespace : key.slice(0, key.indexOf('/'));
  return `${namespace}/${serviceName(role, key)}`;
}

/** Stand above whatever the Gateway asks for. */
export function ownLabels(role: ServiceRole, key: string, fleet: Fleet): Readonly<Record<string, string>> {
  const name = key.slice(key.indexOf('/') + 1);
  return {
    [managedByLabel]: 'fairlead',
    [fleetLabel]: fleet.name,
    [fleetNamespaceLabel]: fleet.namespace,
    [roleLabel]: role,
    [gatewayNameLabel]: name.length <= maxLabelLength ? name : serviceName(role, key),
  };
}

export function ownAnnotations(key: string): Readonly<Record<string, string>> {
  return { [gatewayAnnotation]: key };
}

/** What a Service of the fleet is and for which Gateway (`namespace/name`); null for everybody else's. */
export interface Ownership {
  readonly role: ServiceRole;
  readonly gateway: string;
}

export function ownershipOf({ metadata }: Service, fleet: Fleet): Ownership | null {
  const { namespace = '', labels = {}, annotations = {} } = metadata;
  const role = labels[roleLabel];
  const gateway = annotations[gatewayAnnotation] ?? '';
  if (labels[fleetLabel] !== fleet.name || labels[fleetNamespaceLabel] !== fleet.namespace) return null;
  if (role === 'gateway' && namespace === fleet.namespace) return { role, gateway };
  // Whoever copies our labels into another namespace gets nothing of ours, and loses nothing of theirs.
  if (role === 'alias' && gateway.startsWith(`${namespace}/`)) return { role, gateway };
  return null;
}

export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, hashLength);
}
