/** As much of an object as the suites look at. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly uid?: string;
    readonly deletionTimestamp?: string;
  };
  readonly [member: string]: unknown;
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

const clusterKinds = [
  'Namespace',
  'GatewayClass',
  'Node',
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
];

/** The path of the kind's collection: `/apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL`. Without a namespace: of all namespaces. */
export function collectionPath(apiVersion: string, kind: string, namespace: string | undefined): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const inside = namespace === undefined || clusterKinds.includes(kind) ? '' : `/namespaces/${namespace}`;
  return `${root}${inside}/${plural(kind)}`;
}

/** The path of one object; namespaced kinds without a namespace are of `default`. */
export function objectPath({ apiVersion, kind, metadata }: KubeObject): string {
  const namespace = clusterKinds.includes(kind) ? undefined : (metadata.namespace ?? 'default');
  return `${collectionPath(apiVersion, kind, namespace)}/${metadata.name}`;
}

/** All kinds the suites use follow English: policies, classes, and an s for the rest. */
function plural(kind: string): string {
  const lower = kind.toLowerCase();
  if (lower.endsWith('y') && !lower.endsWith('ay')) return `${lower.slice(0, -1)}ies`;
  return lower.endsWith('s') ? `${lower}es` : `${lower}s`;
}
