import { join } from 'node:path';
import type { Cluster } from '../../cluster/cluster.ts';

export type Channel = 'standard' | 'experimental';

const annotation = 'gateway.networking.k8s.io/bundle-version';
const channelAnnotation = 'gateway.networking.k8s.io/channel';
const policy = 'safe-upgrades.gateway.networking.k8s.io';

/**
 * The definitions of one release and channel, and nothing else of the Gateway API, with all its objects: in the own cluster. In somebody
 * else's they are theirs, and what is installed is taken as it is. Throws when there are none.
 */
export async function installGatewayApi(cluster: Cluster, version: string, channel: Channel): Promise<void> {
  const installed = await installedGatewayApi(cluster);
  if (installed === `${version} ${channel}`) return;
  if (cluster.own === null) {
    if (installed === null) throw new Error('the cluster has no Gateway API; install its definitions');
    return;
  }
  await removeGatewayApi(cluster);
  const directory = join(cluster.own.cache, 'crds', version, channel);
  await cluster.kubectl(['apply', '--server-side', '--filename', directory]);
  await cluster.kubectl(['wait', 'customresourcedefinition', '--all', '--for=condition=Established', '--timeout=60s']);
}

/** `v1.7.0 standard`; null without one. */
export async function installedGatewayApi(cluster: Cluster): Promise<string | null> {
  const name = 'gateways.gateway.networking.k8s.io';
  const definition = await cluster.api.get('apiextensions.k8s.io/v1', 'CustomResourceDefinition', '', name);
  const { annotations = {} } = definition?.metadata ?? {};
  return definition === null ? null : `${annotations[annotation]} ${annotations[channelAnnotation]}`;
}

/** The policy goes first: it refuses an older release and the other channel. */
async function removeGatewayApi(cluster: Cluster): Promise<void> {
  const gone = ['--ignore-not-found', '--wait'];
  await cluster.kubectl(['delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', policy, ...gone]);
  const { items } = await cluster.api.list('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
  const names = items
    .map(({ metadata }) => metadata.name)
    .filter((name) => /\.gateway\.networking\.(x-)?k8s\.io$/.test(name));
  if (names.length > 0) await cluster.kubectl(['delete', 'customresourcedefinition', ...names, ...gone]);
}
