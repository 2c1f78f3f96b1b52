import type { SchemaPath } from '@fairlead/resources';

/** Something of the cluster that is not used, or not known. */
export interface StoreProblem {
  readonly kind: string;
  /** `namespace/name`; '' when it is about the kind as a whole. */
  readonly key: string;
  /** Within the object. */
  readonly path: SchemaPath;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}
