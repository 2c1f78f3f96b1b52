/** Whose replicas. */
export interface ReplicaFleet {
  readonly namespace: string;
  readonly name: string;
}

/** A replica whose Lease does not change for this long is gone. */
export const replicaDurationMs = 15_000;

/** What a replica has applied, as it put it. */
export const appliedAnnotation = 'fairlead.dev/applied';

export function replicaLabels({ name }: ReplicaFleet): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/instance': name, 'fairlead.dev/role': 'replica' };
}
