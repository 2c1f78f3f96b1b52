import { KubeApiError } from './kube-error.ts';

/** What every object of an API server has. */
export interface RawObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: RawMetadata;
  readonly [field: string]: unknown;
}

interface RawMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly resourceVersion: string;
  readonly uid?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** Throws `KubeApiError` when this is no object: the connection brings something else than a Kubernetes API. */
export function toRawObject(value: unknown): RawObject {
  const { metadata } = (typeof value === 'object' && value !== null ? value : {}) as Partial<RawObject>;
  if (typeof metadata?.name !== 'string' || typeof metadata.resourceVersion !== 'string') {
    throw new KubeApiError(0, 'BadResponse', 'the answer holds something that is no Kubernetes object');
  }
  return value as RawObject;
}

/** `namespace/name`, or the name alone: as `ClusterState` has it. */
export function objectKey({ metadata }: RawObject): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}
