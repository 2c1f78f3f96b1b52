import { type Cluster, eventually } from '../../cluster/cluster.ts';
import type { KubeObject } from '../../cluster/kube-object.ts';

export interface EchoBackend {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** How long a pod that was told to end keeps serving; 0 for the backends that just close. */
  readonly drainMs?: number;
}

/** Ports of its Service: HTTP/1.1, and HTTP/2 without TLS, which gRPC needs. */
export const httpPort = 80;
export const h2cPort = 81;

/** A Deployment of e2e/cluster/echo and its ClusterIP Service. */
export function echoBackend({ namespace, name, replicas, drainMs = 0 }: EchoBackend): readonly KubeObject[] {
  const labels = { app: name };
  const container = {
    name: 'echo',
    image: 'localhost/echo:1',
    imagePullPolicy: 'IfNotPresent',
    env: [{ name: 'DRAIN_MS', value: String(drainMs) }],
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 1 },
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
  };
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 15, containers: [container] } };
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: { replicas, selector: { matchLabels: labels }, strategy, template },
  };
  return [deployment, echoService(namespace, name, name)];
}

/** A Service for the pods of an echo backend. */
export function echoService(namespace: string, name: string, app: string): KubeObject {
  const ports = [
    { name: 'http', port: httpPort, targetPort: 'http' },
    { name: 'h2c', port: h2cPort, targetPort: 'http', appProtocol: 'kubernetes.io/h2c' },
  ];
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec: { selector: { app }, ports } };
}

/** Changes the number of replicas and waits until exactly these pods are there and ready. Their names. */
export async function scaleEcho(cluster: Cluster, backend: EchoBackend, replicas: number): Promise<readonly string[]> {
  const { namespace, name } = backend;
  await cluster.api.merge(deploymentOf(backend), { spec: { replicas } });
  return eventually(`${replicas} ready pods of ${namespace}/${name}`, 120_000, async () => {
    const pods = await readyPods(cluster, backend);
    return pods.length === replicas && (await allPods(cluster, backend)).length === replicas ? pods : null;
  });
}

function deploymentOf({ namespace, name }: EchoBackend): KubeObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name } };
}

/** Names of the pods that are Ready and not on their way out. */
export async function readyPods(cluster: Cluster, backend: EchoBackend): Promise<readonly string[]> {
  return (await allPods(cluster, backend)).filter(isReady).map(({ metadata }) => metadata.name);
}

export function isReady(pod: KubeObject): boolean {
  const conditions = (pod.status as { conditions?: readonly { type: string; status: string }[] } | undefined)
    ?.conditions;
  const ready = conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  return ready && pod.metadata.deletionTimestamp === undefined;
}

async function allPods(cluster: Cluster, { namespace, name }: EchoBackend): Promise<readonly KubeObject[]> {
  return (await cluster.api.list('v1', 'Pod', namespace, { labelSelector: `app=${name}` })).items;
}
