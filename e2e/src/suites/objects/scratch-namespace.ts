import { type Cluster, eventually } from '../../cluster/cluster.ts';
import type { KubeObject } from '../../cluster/kube-object.ts';

/** Runs with a namespace of its own, empty at the start and gone at the end. */
export async function withNamespace(cluster: Cluster, name: string, run: () => Promise<void>): Promise<void> {
  const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await remove(cluster, namespace);
  await cluster.api.apply(namespace);
  try {
    await run();
  } finally {
    await remove(cluster, namespace);
  }
}

async function remove(cluster: Cluster, namespace: KubeObject): Promise<void> {
  const { name } = namespace.metadata;
  await cluster.api.delete(namespace);
  const isGone = async (): Promise<boolean> => (await cluster.api.get('v1', 'Namespace', '', name)) === null;
  await eventually(`the end of namespace ${name}`, 120_000, isGone, 200);
}
