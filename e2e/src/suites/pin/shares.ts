import { setTimeout as sleep } from 'node:timers/promises';
import { markdownTable } from '../charts/markdown-table.ts';
import { Http1Client } from '../clients/http1-client.ts';
import { grpcCall, Http2Client, httpGet } from '../clients/http2-client.ts';
import { askMany, type OneConnection, shares, sum, type Tally } from '../clients/one-connection.ts';
import { type EchoBackend, readyPods, scaleEcho } from '../objects/echo-backend.ts';
import type { SuiteContext } from '../suite.ts';
import type { Road } from './road.ts';

const requests = 1_000;
/** How far a share may be from 1/N, as a part of it. */
const tolerance = 0.1;
/** After readiness: kube-proxy writes its rules once a second, and a new pod of Fairlead has its share after 2 s. */
const settleMs = 2_000;

interface Client {
  readonly name: string;
  readonly connection: OneConnection;
}

/** What one client saw in one phase. */
export interface ShareRow {
  readonly road: string;
  readonly client: string;
  readonly phase: string;
  readonly shares: readonly number[];
  readonly failures: ReadonlyMap<string, number>;
  readonly connections: number;
}

/**
 * One connection of each protocol, 1,000 requests at a time, through everything that happens to the Deployment: three pods, one, two, five,
 * and the hottest one killed. The clients keep their connections throughout.
 */
export async function runShares(context: SuiteContext, backend: EchoBackend, road: Road): Promise<readonly ShareRow[]> {
  const clients: readonly Client[] = [
    { name: 'http1', connection: new Http1Client(road.http) },
    { name: 'http2', connection: new Http2Client(road.http2, httpGet) },
    { name: 'grpc', connection: new Http2Client(road.grpc, grpcCall) },
  ];
  const rows: ShareRow[] = [];
  try {
    for (const replicas of [3, 1, 2, 5]) {
      const pods = await scaleEcho(context.cluster, backend, replicas);
      await sleep(settleMs);
      rows.push(...(await measure(road, clients, `${replicas} ${replicas === 1 ? 'pod' : 'pods'}`, pods)));
    }
    rows.push(...(await killHottest(context, backend, road, clients)));
  } finally {
    for (const { connection } of clients) connection.close();
  }
  for (const row of rows) judge(context, road, row);
  return rows;
}

/** All clients at the same time; each keeps one request on its way. */
async function measure(
  road: Road,
  clients: readonly Client[],
  phase: string,
  pods: readonly string[],
): Promise<readonly ShareRow[]> {
  return Promise.all(
    clients.map(async ({ name, connection }) => {
      const tally = await askMany(connection, requests);
      const { failures } = tally;
      return {
        road: road.name,
        client: name,
        phase,
        shares: shares(tally, pods),
        failures,
        connections: connection.connections,
      };
    }),
  );
}

/** Killed without notice while requests go on; judged by the answers of the pods that stayed and of the one that took its place. */
async function killHottest(
  context: SuiteContext,
  backend: EchoBackend,
  road: Road,
  clients: readonly Client[],
): Promise<readonly ShareRow[]> {
  const { cluster } = context;
  const { namespace } = backend;
  const tallies = await Promise.all(clients.map(({ connection }) => askMany(connection, 200)));
  const name = hottest(tallies);
  const during = Promise.all(clients.map(({ connection }) => askMany(connection, requests)));
  await cluster.api.delete({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name } }, 0);
  const killed = await during;
  const pods = await scaleEcho(cluster, backend, 5);
  await sleep(settleMs);
  const after = await measure(road, clients, 'hottest replaced', await readyPods(cluster, backend));
  context.progress(`  killed ${name}; ${pods.length} pods afterwards`);
  return after.map((row, i) => ({ ...row, failures: added(row.failures, killed[i]!.failures) }));
}

function hottest(tallies: readonly Tally[]): string {
  const total = new Map<string, number>();
  for (const { perBackend } of tallies) {
    for (const [pod, count] of perBackend) total.set(pod, (total.get(pod) ?? 0) + count);
  }
  const [first] = [...total].sort(([, a], [, b]) => b - a);
  if (first === undefined) throw new Error('no pod answered');
  return first[0];
}

function added(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const all = new Map(a);
  for (const [key, count] of b) all.set(key, (all.get(key) ?? 0) + count);
  return all;
}

function judge({ checks }: SuiteContext, road: Road, row: ShareRow): void {
  const name = `${road.name}, ${row.client}, ${row.phase}`;
  const even = 1 / row.shares.length;
  const seen = percent(row.shares);
  checks.figure(
    name,
    row.shares.map((share) => Math.round(share * 1_000) / 1_000),
  );
  if (!road.balances) {
    checks.expect(`${name}: all on one pod`, row.shares[0] === 1, seen);
    return;
  }
  const isEven = row.shares.every((share) => Math.abs(share - even) <= even * tolerance);
  checks.expect(`${name}: shares within ± 10 % of 1/${row.shares.length}`, isEven, seen);
  // A request that was on its way to the killed pod may be lost: one of each client, which has one on its way.
  const allowed = row.phase === 'hottest replaced' ? 1 : 0;
  const failures = sum(row.failures.values());
  checks.expect(`${name}: requests failed`, failures <= allowed, `${failures}${failureText(row.failures)}`);
}

/** In Markdown. */
export function shareTable(rows: readonly ShareRow[]): string {
  const head = ['road', 'client', 'pods', 'share of each', 'failed', 'connections so far'];
  return markdownTable(
    head,
    rows.map(({ road, client, phase, shares, failures, connections }) => [
      road,
      client,
      phase,
      percent(shares),
      `${sum(failures.values())}${failureText(failures)}`,
      String(connections),
    ]),
  );
}

function percent(values: readonly number[]): string {
  return values.map((share) => `${(share * 100).toFixed(1)} %`).join(', ');
}

function failureText(failures: ReadonlyMap<string, number>): string {
  if (failures.size === 0) return '';
  return ` (${[...failures].map(([reason, count]) => `${count} × ${reason}`).join(', ')})`;
}
