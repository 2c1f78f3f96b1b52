import type { Condition, Gateway, ListenerSet, Namespace } from '@fairlead/resources';
import { compareAge, objectKey } from './age.ts';
import { ConditionWriter } from './conditions.ts';
import type { ListenerSetNode, NamedListenerSet } from './graph.ts';
import { namespaceLabels, selects } from './label-selector.ts';
import type { BuiltListener } from './listener-nodes.ts';
import { toAttachListener } from './listener-nodes.ts';
import { type ConditionProblem, type Finding, toProblem } from './problems.ts';
import { GATEWAY_GROUP } from './references.ts';
import type { Certificate } from './table.ts';

/** `namespace/name` of the Gateway that a ListenerSet adds listeners to; null when it names something else. */
function listenerSetGateway({ metadata, spec: { parentRef } }: ListenerSet): string | null {
  const { group = GATEWAY_GROUP, kind = 'Gateway', namespace = metadata.namespace ?? '', name } = parentRef;
  return group === GATEWAY_GROUP && kind === 'Gateway' ? `${namespace}/${name}` : null;
}

/**
 * The ListenerSets that name each of `gateways`, in the order in which their listeners take precedence: "ListenerSet ordered by creation time
 * (oldest first), ListenerSet ordered alphabetically by {namespace}/{name}".
 */
export function indexListenerSets(
  sets: ReadonlyMap<string, ListenerSet>,
  gateways: ReadonlyMap<string, Gateway>,
  namespaces: ReadonlyMap<string, Namespace>,
): ReadonlyMap<string, readonly NamedListenerSet[]> {
  const index = new Map<string, NamedListenerSet[]>();
  for (const set of [...sets.values()].sort((a, b) => compareAge(a.metadata, b.metadata))) {
    const key = listenerSetGateway(set);
    const gateway = key === null ? undefined : gateways.get(key);
    if (key === null || gateway === undefined) continue;
    const named = { set, allowed: isAllowed(set, gateway, namespaces) };
    const list = index.get(key);
    if (list === undefined) index.set(key, [named]);
    else list.push(named);
  }
  return index;
}

/** "By default, ListenerSets are not allowed." */
function isAllowed(set: ListenerSet, gateway: Gateway, namespaces: ReadonlyMap<string, Namespace>): boolean {
  const { from = 'None', selector } = gateway.spec.allowedListeners?.namespaces ?? {};
  const namespace = set.metadata.namespace ?? '';
  switch (from) {
    case 'All':
      return true;
    case 'Same':
      return namespace === gateway.metadata.namespace;
    case 'Selector':
      return selects(selector, namespaceLabels(namespace, namespaces.get(namespace)));
    case 'None':
      return false;
  }
}

/** The keys of all ListenerSets there are, ours or not. */
export function indexSetNames(sets: ReadonlyMap<string, ListenerSet>): ReadonlyMap<string, string> {
  return new Map([...sets].map(([key, set]) => [key, listenerSetGateway(set) ?? '']));
}

/** ListenerSets that name a Gateway which does not exist. Those of other controllers' Gateways are none of our business. */
export function findOrphans(
  sets: ReadonlyMap<string, ListenerSet>,
  gateways: ReadonlyMap<string, Gateway>,
): readonly ConditionProblem[] {
  return [...sets.values()].flatMap((set) => {
    const key = listenerSetGateway(set);
    if (key === null || gateways.has(key)) return [];
    const path = ['spec', 'parentRef', 'name'];
    return [toProblem(setId(set), { path, reason: 'NoMatchingParent', message: `Gateway "${key}" not found` })];
  });
}

/** A ListenerSet that the Gateway does not take: it has no listeners, and routes find none. */
export function refuseListenerSet(set: ListenerSet, gateway: Gateway): ListenerSetNode {
  const name = objectKey(gateway.metadata);
  const message = `Gateway "${name}" does not take listeners from namespace "${set.metadata.namespace}"; see its spec.allowedListeners`;
  const finding = { path: ['spec', 'parentRef'], reason: 'NotAllowed', message };
  const write = new ConditionWriter(set.metadata.generation ?? 0);
  return {
    set,
    accepted: false,
    attachPoint: toAttachPoint(set, gateway, [], null),
    listeners: [],
    conditions: [write.failed('Accepted', [finding]), write.failed('Programmed', [finding])],
    problems: [toProblem(setId(set), finding)],
  };
}

/** What of its Gateway matters to a ListenerSet. */
export interface ListenerSetParent {
  readonly gateway: Gateway;
  /** The Gateway as a whole is refused. */
  readonly refused: boolean;
  readonly programmed: Condition;
  readonly clientCertificate: Certificate | null;
}

/** A ListenerSet whose listeners were built among those of its Gateway. */
export function toListenerSetNode(
  set: ListenerSet,
  built: readonly BuiltListener[],
  bindFindings: readonly Finding[],
  parent: ListenerSetParent,
): ListenerSetNode {
  const write = new ConditionWriter(set.metadata.generation ?? 0);
  const accepted = acceptedCondition(built, parent, write);
  const findings = [...bindFindings, ...built.flatMap(({ draft }) => draft.findings)];
  return {
    set,
    accepted: accepted.status === 'True',
    attachPoint: toAttachPoint(set, parent.gateway, built, parent.clientCertificate),
    listeners: built.map(({ node }) => node),
    conditions: [accepted, programmedCondition(built, parent, accepted, write)],
    problems: findings.map((finding) => toProblem(setId(set), finding)),
  };
}

function acceptedCondition(
  built: readonly BuiltListener[],
  { gateway, refused }: ListenerSetParent,
  write: ConditionWriter,
): Condition {
  if (refused) {
    const message = `Gateway "${objectKey(gateway.metadata)}" is not accepted; see its conditions`;
    return write.isFalse('Accepted', 'ParentNotAccepted', message);
  }
  const bad = built.filter(({ draft }) => !draft.serving).map(({ node }) => `"${node.name}"`);
  if (bad.length === 0) return write.isTrue('Accepted', 'Accepted', 'ListenerSet is accepted');
  const message = `listeners that can't serve: ${bad.join(', ')}; see their conditions`;
  return bad.length < built.length
    ? write.isTrue('Accepted', 'ListenersNotValid', message)
    : write.isFalse('Accepted', 'ListenersNotValid', message);
}

function programmedCondition(
  built: readonly BuiltListener[],
  { gateway, programmed }: ListenerSetParent,
  accepted: Condition,
  write: ConditionWriter,
): Condition {
  if (accepted.status === 'False') return write.isFalse('Programmed', accepted.reason, accepted.message);
  if (programmed.status !== 'True') {
    const message = `Gateway "${objectKey(gateway.metadata)}" is not programmed: ${programmed.message}`;
    return write.isFalse('Programmed', 'ParentNotProgrammed', message);
  }
  const serving = built.filter(({ draft }) => draft.serving);
  const late = serving.flatMap(({ node }) =>
    node.conditions.filter(({ type, status }) => type === 'Programmed' && status !== 'True'),
  );
  if (late.length === serving.length) return write.isFalse('Programmed', late[0]!.reason, late[0]!.message);
  return write.isTrue('Programmed', 'Programmed', 'ListenerSet serves');
}

function toAttachPoint(
  set: ListenerSet,
  gateway: Gateway,
  built: readonly BuiltListener[],
  clientCertificate: Certificate | null,
): ListenerSetNode['attachPoint'] {
  const { namespace = '', name } = set.metadata;
  const listeners = built.map(toAttachListener);
  return { kind: 'ListenerSet', namespace, name, gateway: objectKey(gateway.metadata), listeners, clientCertificate };
}

function setId({ metadata: { namespace = '', name } }: ListenerSet): {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
} {
  return { kind: 'ListenerSet', namespace, name };
}
