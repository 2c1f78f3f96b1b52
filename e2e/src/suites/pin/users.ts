import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../cluster/kube-object.ts';
import { lineChart, type Series } from '../charts/line-chart.ts';
import { KeepAliveUsers } from '../clients/keep-alive-users.ts';
import { sum } from '../clients/one-connection.ts';
import { type EchoBackend, isReady, scaleEcho } from '../objects/echo-backend.ts';
import type { SuiteContext } from '../suite.ts';
import type { Road } from './road.ts';
import { shareOverTime, shareWithin } from './share-over-time.ts';

const users = 1_000;
const periodMs = 2_000;
const beforeMs = 4_000;
const afterMs = 12_000;

/** 1,000 users on kept-alive connections while the Deployment goes from one pod to two: the new pod's share, second by second. */
export async function runUsers(context: SuiteContext, backend: EchoBackend, road: Road): Promise<Series> {
  const [old] = await scaleEcho(context.cluster, backend, 1);
  const crowd = new KeepAliveUsers({ target: road.http, users, periodMs });
  try {
    await sleep(beforeMs + periodMs);
    const readyMs = await scaleUp(context, backend, old!);
    await sleep(afterMs);
    crowd.stop();
    const isNew = (pod: string): boolean => pod !== old;
    judge(context, road, crowd, shareWithin(crowd.answers, isNew, readyMs + 2_000, readyMs + 4_000));
    return { name: road.name, points: shareOverTime(crowd.answers, isNew, readyMs) };
  } finally {
    crowd.stop();
  }
}

/** When the new pod was seen Ready, on the clock of `performance.now()`. */
async function scaleUp({ cluster }: SuiteContext, backend: EchoBackend, old: string): Promise<number> {
  const stop = new AbortController();
  const ready = new Promise<number>((resolve) => {
    const onEvent = ({ object }: { object: KubeObject }): void => {
      if (object.metadata.name !== old && isReady(object)) resolve(performance.now());
    };
    const query = { labelSelector: `app=${backend.name}` };
    cluster.api.watch('v1', 'Pod', backend.namespace, query, onEvent, stop.signal);
  });
  try {
    await scaleEcho(cluster, backend, 2);
    return await ready;
  } finally {
    stop.abort();
  }
}

function judge({ checks }: SuiteContext, road: Road, crowd: KeepAliveUsers, settled: number): void {
  const failed = sum(crowd.failures.values());
  checks.figure(
    `${road.name}, ${users} users: share of the new pod 2 to 4 s after it was ready`,
    Math.round(settled * 1_000) / 1_000,
  );
  if (!road.balances) return;
  const detail = `${(settled * 100).toFixed(1)} %`;
  checks.expect(
    `${road.name}, ${users} users: the new pod has its share after 2 s`,
    Math.abs(settled - 0.5) <= 0.05,
    detail,
  );
  checks.expect(
    `${road.name}, ${users} users: requests failed`,
    failed === 0,
    `${failed} of ${crowd.answers.length + failed}`,
  );
}

/** The new pod's share on every road, over one clock. */
export function usersChart(series: readonly Series[]): string {
  return lineChart({
    title: `${users} keep-alive users while one pod becomes two`,
    xLabel: 'seconds since the new pod was ready',
    yLabel: "new pod's share of answers",
    series,
    marks: [{ x: 0, label: 'ready' }],
    yMax: 1,
  });
}
