import { labelName, labelValue, qualifiedName, subdomainName } from './patterns.ts';
import { integer, list, map, type ObjectShape, object, openObject, type TextShape, text } from './shape.ts';

const annotations = map(text(), { keys: qualifiedName });
const labels = map(labelValue, { keys: qualifiedName });

/** Everything that `kubectl get -o yaml` may write stands in metadata, so what else is there is a mistake. */
function metadataOf(name: TextShape): ObjectShape {
  return object(
    { name },
    {
      namespace: labelName,
      labels,
      annotations,
      uid: text(),
      resourceVersion: text(),
      generation: integer(0, Number.MAX_SAFE_INTEGER),
      creationTimestamp: timestamp,
      deletionTimestamp: timestamp,
      deletionGracePeriodSeconds: integer(0, Number.MAX_SAFE_INTEGER),
      generateName: text(),
      selfLink: text(),
      finalizers: list(text()),
      ownerReferences: list(openObject({}, {})),
      managedFields: list(openObject({}, {})),
    },
  );
}

/** Compared as text, so only the form that an API server writes. */
const timestamp: TextShape = text({
  pattern: { expression: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, words: 'a time in UTC such as 2026-01-31T12:00:00Z' },
});

export const subdomainMetadata: ObjectShape = metadataOf(subdomainName);
export const labelMetadata: ObjectShape = metadataOf(labelName);
