import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../cluster/cluster.ts';
import type { KubeObject } from '../../cluster/kube-object.ts';
import {
  fairleadLeader,
  fairleadNamespace,
  fairleadPods,
  upgradeFairlead,
  waitForFairlead,
} from '../installation/fairlead.ts';
import { isReady, scaleEcho } from '../objects/echo-backend.ts';
import type { SuiteContext } from '../suite.ts';
import type { Scenario } from './scenario.ts';

const apiAwayMs = 60_000;

export const scenarios: readonly Scenario[] = [
  {
    name: 'backend-rollout',
    mayLoseInFlight: false,
    async act({ cluster }, { namespace, name }) {
      await cluster.kubectl(['-n', namespace, 'rollout', 'restart', `deployment/${name}`]);
      await cluster.kubectl(['-n', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=120s'], 130_000);
    },
  },
  {
    name: 'backend-scale',
    mayLoseInFlight: false,
    async act({ cluster }, backend) {
      for (const replicas of [6, 2, 3]) await scaleEcho(cluster, backend, replicas);
    },
  },
  {
    name: 'gateway-upgrade',
    mayLoseInFlight: false,
    async act(context) {
      const before = await fairleadPods(context.cluster);
      await upgradeFairlead(context.cluster);
      await othersThan(context, before);
    },
  },
  {
    name: 'gateway-kill',
    mayLoseInFlight: true,
    async act(context) {
      const [pod] = await fairleadPods(context.cluster);
      await context.cluster.api.delete(podRef(pod!), 0);
      await waitForFairlead(context.cluster);
    },
  },
  {
    name: 'leader-kill',
    mayLoseInFlight: true,
    async act(context) {
      const { cluster } = context;
      const leader = await fairleadLeader(cluster);
      const pod = (await fairleadPods(cluster)).find(({ metadata }) => leader.startsWith(metadata.name));
      if (pod === undefined) throw new Error(`the leader ${leader} is none of the pods`);
      await cluster.api.delete(podRef(pod), 0);
      await eventually('another leader', 60_000, async () => (await fairleadLeader(cluster)) !== leader, 200);
      await waitForFairlead(cluster);
    },
  },
  {
    name: 'node-drain',
    mayLoseInFlight: false,
    async obstacle({ cluster }) {
      const { items } = await cluster.api.list('v1', 'Node');
      return items.length > 1 ? null : 'there is one node (CLUSTER_NODES=2 gives the own cluster a second one)';
    },
    async act({ cluster }) {
      const [pod] = await fairleadPods(cluster);
      const { nodeName } = pod!.spec as { nodeName: string };
      try {
        await cluster.kubectl(
          ['drain', nodeName, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s'],
          130_000,
        );
        await waitForFairlead(cluster);
      } finally {
        await cluster.kubectl(['uncordon', nodeName]);
      }
    },
  },
  {
    name: 'api-away',
    mayLoseInFlight: false,
    async obstacle({ cluster }) {
      return cluster.own === null ? 'the API server is not ours to stop: only in the own cluster' : null;
    },
    async act({ cluster }, backend) {
      await cluster.own!.stopApiServer();
      try {
        await sleep(apiAwayMs);
      } finally {
        await cluster.own!.startApiServer();
      }
      await scaleEcho(cluster, backend, 4);
      await scaleEcho(cluster, backend, 3);
    },
  },
];

function podRef({ metadata }: KubeObject): KubeObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: fairleadNamespace, name: metadata.name } };
}

/** None of the pods is left and as many others are ready. */
async function othersThan({ cluster }: SuiteContext, before: readonly KubeObject[]): Promise<void> {
  const old = new Set(before.map(({ metadata }) => metadata.uid));
  await eventually('all pods of the gateway to be replaced', 180_000, async () => {
    const pods = await fairleadPods(cluster);
    return pods.every(({ metadata }) => !old.has(metadata.uid)) && pods.filter(isReady).length === before.length;
  });
}
