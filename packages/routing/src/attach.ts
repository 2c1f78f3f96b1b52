import type { ParentReference } from '@fairlead/resources';
import type { AttachListener, AttachPoint, KindLoss, Lookups } from './graph.ts';
import { intersects } from './hostnames.ts';
import { namespaceLabels, selects } from './label-selector.ts';
import type { FieldPath, Finding } from './problems.ts';
import type { Reads } from './reads.ts';
import { GATEWAY_GROUP } from './references.ts';

/** A route as its parents look at it. */
export interface Attaching {
  readonly kind: string;
  readonly namespace: string;
  /** Lower case; empty for any. */
  readonly hostnames: readonly string[];
}

/** One parentRef that names one of our Gateways, or a ListenerSet of one. */
export interface Attachment {
  readonly ref: ParentReference;
  readonly path: FieldPath;
  readonly gateway: AttachPoint;
  readonly listeners: readonly AttachListener[];
  /** Why no listener takes the route; null when at least one does. */
  readonly refused: Finding | null;
}

/** The key of `attachPoints` that a parentRef names; null when it names something that is no parent of ours ever. */
export function parentKey(ref: ParentReference, routeNamespace: string): string | null {
  const { group = GATEWAY_GROUP, kind = 'Gateway', namespace = routeNamespace, name } = ref;
  if (group !== GATEWAY_GROUP) return null;
  if (kind === 'Gateway') return `${namespace}/${name}`;
  return kind === 'ListenerSet' ? listenerSetKey(`${namespace}/${name}`) : null;
}

/** `set`: `namespace/name`. */
export function listenerSetKey(set: string): string {
  return `ListenerSet/${set}`;
}

/**
 * The listeners of a parent that take a route. The filters run in the order of the reasons the API gives: sectionName and port, then
 * allowedRoutes, then hostnames; the first that leaves nothing is the reason.
 */
export function attach(
  route: Attaching,
  ref: ParentReference,
  path: FieldPath,
  gateway: AttachPoint,
  reads: Reads<Lookups>,
): Attachment {
  const fail = (field: FieldPath, reason: string, message: string): Attachment => ({
    ref,
    path,
    gateway,
    listeners: [],
    refused: { path: field, reason, message },
  });
  if (gateway.listeners.length === 0) return fail([...path, 'name'], 'NoMatchingParent', noListeners(gateway));
  const named = gateway.listeners.filter((listener) => isNamed(listener, ref));
  if (named.length === 0) return fail(sectionPath(ref, path), 'NoMatchingParent', noSection(ref, gateway));
  const allowing = named.filter((listener) => allows(listener, route, gateway, reads));
  if (allowing.length === 0) return fail(path, 'NotAllowedByListeners', notAllowed(route, gateway, named));
  const listeners = allowing.filter((listener) => meets(listener, route.hostnames));
  if (listeners.length === 0) {
    return fail(['spec', 'hostnames'], 'NoMatchingListenerHostname', noHostname(route, gateway, allowing));
  }
  return { ref, path, gateway, listeners, refused: null };
}

/** Without the listeners that older routes of the other kind keep from it. */
export function withoutLosses(attachment: Attachment, losses: readonly KindLoss[]): Attachment {
  if (losses.length === 0 || attachment.refused !== null) return attachment;
  const lost = losses.filter(({ listener }) => attachment.listeners.some(({ id }) => id === listener));
  if (lost.length === 0) return attachment;
  const listeners = attachment.listeners.filter(({ id }) => !lost.some(({ listener }) => listener === id));
  return { ...attachment, listeners, refused: listeners.length === 0 ? lossFinding(lost[0]!) : null };
}

/** `listener` is a `Listener.id`. */
export function lossFinding({ listener, winner }: KindLoss): Finding {
  const message =
    `listener "${listener}" serves a hostname of this route by ${winner}, which is older or goes first by name; on one listener ` +
    'a hostname belongs to HTTPRoutes or to GRPCRoutes: change the hostnames, or route gRPC by HTTPRoutes too';
  return { path: ['spec', 'hostnames'], reason: 'HostnameConflict', message };
}

function isNamed(listener: AttachListener, ref: ParentReference): boolean {
  return (
    (!ref.sectionName || ref.sectionName === listener.name) && (ref.port === undefined || ref.port === listener.port)
  );
}

function allows(listener: AttachListener, route: Attaching, gateway: AttachPoint, reads: Reads<Lookups>): boolean {
  if (!listener.kinds.includes(route.kind)) return false;
  switch (listener.from) {
    case 'All':
      return true;
    case 'Same':
      return route.namespace === gateway.namespace;
    case 'Selector':
      return selects(listener.selector, namespaceLabels(route.namespace, reads.get('namespaces', route.namespace)));
    case 'None':
      return false;
  }
}

function meets(listener: AttachListener, hostnames: readonly string[]): boolean {
  return hostnames.length === 0 || hostnames.some((hostname) => intersects(hostname, listener.hostname));
}

function sectionPath(ref: ParentReference, path: FieldPath): FieldPath {
  return [...path, ref.sectionName ? 'sectionName' : 'port'];
}

/** `Gateway "namespace/name"` */
function nameOf({ kind, namespace, name }: AttachPoint): string {
  return `${kind} "${namespace}/${name}"`;
}

function noListeners(gateway: AttachPoint): string {
  return `${nameOf(gateway)} has no listeners that its Gateway takes; see its conditions`;
}

function noSection(ref: ParentReference, gateway: AttachPoint): string {
  const asked = [
    ...(ref.sectionName ? [`named "${ref.sectionName}"`] : []),
    ...(ref.port === undefined ? [] : [`on port ${ref.port}`]),
  ].join(' ');
  const present = gateway.listeners.map((listener) => `"${listener.name}" (${listener.port})`).join(', ');
  return `${nameOf(gateway)} has no listener ${asked}; it has ${present}`;
}

function notAllowed(route: Attaching, gateway: AttachPoint, listeners: readonly AttachListener[]): string {
  const names = listeners.map((listener) => `"${listener.name}"`).join(', ');
  const where = `of ${nameOf(gateway)}`;
  if (!listeners.some((listener) => listener.kinds.includes(route.kind))) {
    return `no listener ${where} among ${names} takes routes of kind ${route.kind}`;
  }
  return (
    `no listener ${where} among ${names} allows routes from namespace "${route.namespace}"; ` +
    'see allowedRoutes.namespaces of the listener'
  );
}

function noHostname(route: Attaching, gateway: AttachPoint, listeners: readonly AttachListener[]): string {
  const offered = listeners.map((listener) => `"${listener.hostname}"`).join(', ');
  const asked = route.hostnames.map((hostname) => `"${hostname}"`).join(', ');
  return `${asked} not served by ${nameOf(gateway)}, whose listeners have hostname ${offered}`;
}
