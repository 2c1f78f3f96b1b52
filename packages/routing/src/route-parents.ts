import type { ParentReference } from '@fairlead/resources';
import { type Attaching, type Attachment, attach, listenerSetKey, parentKey } from './attach.ts';
import type { Lookups } from './graph.ts';
import type { FieldPath, Finding } from './problems.ts';
import type { Reads } from './reads.ts';
import { isSame } from './same.ts';

export interface RouteParents {
  /** One for each parentRef that names a Gateway of ours or a ListenerSet of one. */
  readonly attachments: readonly Attachment[];
  /** What no parent can be told: they do not exist. */
  readonly strays: readonly Finding[];
}

/** Parents of other kinds and of other controllers are passed over: they are for somebody else. */
export function findParents(route: Attaching, refs: readonly ParentReference[], reads: Reads<Lookups>): RouteParents {
  const attachments: Attachment[] = [];
  const strays: Finding[] = [];
  refs.forEach((ref, i) => {
    const path = ['spec', 'parentRefs', i];
    const key = parentKey(ref, route.namespace);
    if (key === null) return;
    const gateway = reads.get('attachPoints', key);
    if (gateway === undefined) strays.push(...findMissing(ref, key, path, reads));
    else if (refs.findIndex((other) => isSame(other, ref)) < i) strays.push(repeated(path));
    else attachments.push(attach(route, ref, path, gateway, reads));
  });
  if (refs.length === 0) strays.push(orphan);
  return { attachments, strays };
}

const orphan: Finding = {
  path: ['spec', 'parentRefs'],
  reason: 'NoMatchingParent',
  message: 'names no Gateway, so that no request reaches this route',
};

function findMissing(
  { kind = 'Gateway' }: ParentReference,
  key: string,
  path: FieldPath,
  reads: Reads<Lookups>,
): readonly Finding[] {
  const isSet = kind === 'ListenerSet';
  const name = isSet ? key.slice(listenerSetKey('').length) : key;
  if (reads.get(isSet ? 'listenerSetGateways' : 'gatewayClassNames', name) !== undefined) return [];
  return [{ path: [...path, 'name'], reason: 'NoMatchingParent', message: `${kind} "${name}" not found` }];
}

/** "ParentRefs must be distinct." */
function repeated(path: FieldPath): Finding {
  return { path, reason: 'UnsupportedValue', message: 'the same parentRef stands before; only the first counts' };
}
