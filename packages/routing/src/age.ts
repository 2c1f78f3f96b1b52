import type { ObjectMeta } from '@fairlead/resources';

/**
 * The API's order of precedence between objects: "The oldest … based on creation timestamp", then "first in alphabetical order by
 * {namespace}/{name}". Objects without a timestamp (manifests in a directory) count as equally old, and older than those that have one.
 */
export function compareAge(a: ObjectMeta, b: ObjectMeta): number {
  return compareText(a.creationTimestamp ?? '', b.creationTimestamp ?? '') || compareText(objectKey(a), objectKey(b));
}

/** `namespace/name`; the name alone for cluster-scoped objects. */
export function objectKey(metadata: ObjectMeta): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** By UTF-16 code unit: the same everywhere, unlike a locale's order. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
