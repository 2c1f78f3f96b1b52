import type { ReferenceGrant } from '@fairlead/resources';
import type { Lookups } from './graph.ts';
import type { Reads } from './reads.ts';
import { keepMap } from './same.ts';

export const GATEWAY_GROUP = 'gateway.networking.k8s.io';

export interface Referrer {
  /** Group gateway.networking.k8s.io. */
  readonly kind: string;
  readonly namespace: string;
}

export interface Referent {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * The one place that decides whether an object may refer to another: within its namespace always, into another only by a ReferenceGrant
 * there. It does not look whether the referent exists: a missing one without a grant is "not permitted", so that nobody can probe for names.
 */
export function mayRefer(from: Referrer, to: Referent, reads: Reads<Lookups>): boolean {
  if (from.namespace === to.namespace) return true;
  return (reads.get('grants', to.namespace) ?? []).some((grant) => grants(grant, from, to));
}

function grants(grant: ReferenceGrant, from: Referrer, to: Referent): boolean {
  return (
    grant.spec.from.some((f) => f.group === GATEWAY_GROUP && f.kind === from.kind && f.namespace === from.namespace) &&
    grant.spec.to.some((t) => t.group === to.group && t.kind === to.kind && (!t.name || t.name === to.name))
  );
}

export function notPermitted(from: Referrer, to: Referent): string {
  return (
    `${to.kind} "${to.namespace}/${to.name}" is in another namespace and no ReferenceGrant in "${to.namespace}" allows it; ` +
    `add one from kind ${from.kind}, namespace "${from.namespace}" to kind ${to.kind}`
  );
}

/** Grants by the namespace they stand in. A namespace with the same grants as before keeps its list. */
export function indexGrants(
  grants: ReadonlyMap<string, ReferenceGrant>,
  before: ReadonlyMap<string, readonly ReferenceGrant[]>,
): ReadonlyMap<string, readonly ReferenceGrant[]> {
  const byNamespace = new Map<string, ReferenceGrant[]>();
  for (const grant of grants.values()) {
    const namespace = grant.metadata.namespace ?? '';
    const list = byNamespace.get(namespace);
    if (list === undefined) byNamespace.set(namespace, [grant]);
    else list.push(grant);
  }
  return keepMap(before, byNamespace);
}
