import { distinctListeners, listener } from './gateway.ts';
import { group, kind, labelName, objectName } from './patterns.ts';
import { list, type ObjectShape, object } from './shape.ts';

export const listenerSetSpec: ObjectShape = object(
  {
    parentRef: object({ name: objectName }, { group, kind, namespace: labelName }),
    listeners: list(listener, { minItems: 1, maxItems: 64, uniqueBy: ['name'], rules: [distinctListeners] }),
  },
  {},
);
