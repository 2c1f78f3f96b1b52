import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Cluster, eventually } from '../../cluster/cluster.ts';
import type { KubeObject } from '../../cluster/kube-object.ts';
import { OwnCluster } from '../../cluster/own-cluster.ts';
import { buildImage } from '../../image/build-image.ts';
import { runCommand } from '../../run-command.ts';
import { isReady } from '../objects/echo-backend.ts';
import type { PrepareContext, SuiteContext } from '../suite.ts';
import { installedGatewayApi, installGatewayApi } from './gateway-api.ts';

const root = resolve(import.meta.dirname, '../../../..');
/** Another chart, such as a released one, by $FAIRLEAD_E2E_CHART. */
const chart = process.env.FAIRLEAD_E2E_CHART ?? join(root, 'helm/fairlead');
/** Take the Fairlead that is there, and leave it: $FAIRLEAD_E2E_INSTALLED. */
const isInstalled = process.env.FAIRLEAD_E2E_INSTALLED === '1';
const release = 'fairlead';
const selector = 'app.kubernetes.io/name=fairlead';
const image = { repository: 'localhost/fairlead', tag: 'e2e' };
const helmTimeoutMs = 300_000;

export const fairleadNamespace = 'fairlead-system';
export const fairleadVersion: string = (
  JSON.parse(readFileSync(join(root, 'apps/gateway/package.json'), 'utf8')) as { version: string }
).version;
/** What the suites need of the Gateway API where they may choose. */
const gatewayApiVersion = 'v1.7.0';

/** Builds the image of this checkout. */
export async function prepareFairlead({ progress }: PrepareContext): Promise<void> {
  if (isInstalled) return;
  progress('making the image of this checkout …');
  const names = [`${image.repository}:${image.tag}`];
  await buildImage({ root, names, compress: false, output: imageFile() });
}

function imageFile(): string {
  return join(new OwnCluster().cache, 'fairlead', 'image.tar');
}

/** Runs with Fairlead installed from its chart, two replicas, and the image of this checkout; removes it afterwards. */
export async function withFairlead(context: SuiteContext, run: () => Promise<void>): Promise<void> {
  const { cluster } = context;
  if ((await installedGatewayApi(cluster)) === null) await installGatewayApi(cluster, gatewayApiVersion, 'standard');
  if (isInstalled) return run();
  await cluster.own?.importImage(imageFile());
  await helm(cluster, ['upgrade', '--install', release, chart, '--create-namespace', '--wait', ...values()]);
  try {
    await run();
  } finally {
    await helm(cluster, ['uninstall', release, '--wait']);
  }
}

/** What a new version does to the pods: all of them are replaced, one after the other. */
export async function upgradeFairlead(cluster: Cluster): Promise<void> {
  if (isInstalled) {
    await cluster.kubectl(['-n', fairleadNamespace, 'rollout', 'restart', `deployment/${release}`]);
    return;
  }
  const changed = ['--set-string', `podAnnotations.e2e-upgrade=${Date.now()}`];
  await helm(cluster, ['upgrade', release, chart, '--wait', ...values(), ...changed]);
}

export async function fairleadPods(cluster: Cluster): Promise<readonly KubeObject[]> {
  return (await cluster.api.list('v1', 'Pod', fairleadNamespace, { labelSelector: selector })).items;
}

/** All replicas are ready, and there are two of them. */
export async function waitForFairlead(cluster: Cluster): Promise<void> {
  await eventually('both replicas of the gateway to be ready', 120_000, async () => {
    return (await fairleadPods(cluster)).filter(isReady).length === 2;
  });
}

/** Who holds the Lease by which replicas elect one that writes: its pod's name and a random part. */
export async function fairleadLeader(cluster: Cluster): Promise<string> {
  const lease = await cluster.api.get('coordination.k8s.io/v1', 'Lease', fairleadNamespace, `${release}-leader`);
  const { holderIdentity = '' } = (lease?.spec ?? {}) as { readonly holderIdentity?: string };
  if (holderIdentity === '') throw new Error('the gateway has no leader');
  return holderIdentity;
}

function values(): readonly string[] {
  const settings = {
    'image.repository': image.repository,
    'image.tag': image.tag,
    'image.pullPolicy': 'IfNotPresent',
    replicaCount: 2,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
}

async function helm(cluster: Cluster, args: readonly string[]): Promise<void> {
  if (!existsSync(chart)) throw new Error('helm/fairlead is not there');
  const where = ['--kubeconfig', cluster.kubeconfig, '--namespace', fairleadNamespace];
  const { code, output } = await runCommand('helm', [...args, ...where], helmTimeoutMs);
  if (code !== 0) throw new Error(`helm ${args[0]}: ${output.trim()}`);
}

/** Changes the environment of all replicas, which replaces them one after the other. */
export async function setFairleadEnvironment(cluster: Cluster, env: Readonly<Record<string, string>>): Promise<void> {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const where = ['-n', fairleadNamespace];
  await cluster.kubectl([...where, 'set', 'env', `deployment/${release}`, ...settings]);
  await cluster.kubectl([...where, 'rollout', 'status', `deployment/${release}`, '--timeout=180s'], 190_000);
}

/** What all replicas logged since then. */
export async function fairleadLogs(cluster: Cluster, since: Date): Promise<string> {
  const args = [
    '-n',
    fairleadNamespace,
    'logs',
    '--selector',
    selector,
    '--tail=-1',
    `--since-time=${since.toISOString()}`,
  ];
  return cluster.kubectl(args);
}
