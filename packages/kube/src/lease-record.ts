/** `Lease` of coordination.k8s.io/v1, as far as it is read and written here. */
export interface LeaseRecord {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly object[];
  };
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  /** Absent or '' when nobody holds it. */
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  /** By the holder's wall clock: for people. */
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export function leasesPath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
}

/** What a Lease is created and replaced with. */
export function leaseBody(metadata: LeaseRecord['metadata'], spec: LeaseSpec): LeaseRecord {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec } as LeaseRecord;
}

/** The API server takes no other form: microseconds, all six digits. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
