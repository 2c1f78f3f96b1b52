import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Backend } from './backends.ts';
import { freePort, GatewayUnderTest, until } from './gateway-under-test.ts';
import { gatewayObjects, httpListener, serviceObjects } from './manifests.ts';
import { SteadyClient } from './steady-client.ts';
import { SteadyHttp2Client } from './steady-http2-client.ts';

const connections = 8;
/** Each reads all of a long field, so that a few hundred requests in a second keep a worker busy. */
const patterns = 12;
const load = 'ab'.repeat(3_000);
const request = `GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: steady\r\nx-load: ${load}\r\n\r\n`;

type Client = SteadyClient | SteadyHttp2Client;

let port: number;
let backend: Backend;
let gateway: GatewayUnderTest;
let clients: Client[] = [];

beforeEach(async () => {
  port = await freePort();
  backend = await Backend.start('a');
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects([httpListener(port)]),
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [expensiveRoute()],
    },
    flags: ['--workers', '2'],
    env: { FAIRLEAD_DEBUG_HOOKS: '1' },
  });
}, 30_000);

afterEach(async () => {
  for (const client of clients) client.stop();
  await gateway.cleanUp();
  backend.stop();
});

function expensiveRoute(): object {
  const backendRefs = [{ name: 'a', port: 80 }];
  const rules = Array.from({ length: patterns }, (_, i) => ({
    matches: [{ headers: [{ type: 'RegularExpression', name: 'x-load', value: `[ab]*${i}` }] }],
    backendRefs,
  }));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'r' },
    spec: { parentRefs: [{ name: 'gw' }], rules: [...rules, { backendRefs }] },
  };
}

/** Seconds that each worker was busy so far, by index. */
async function busySeconds(): Promise<number[]> {
  const text = await (await gateway.admin('/metrics')).text();
  const lines = text.matchAll(/^fairlead_worker_busy_seconds_total\{worker="(\d)"\} (\S+)$/gm);
  return [...lines].map(([, , seconds]) => Number(seconds));
}

/** Busy shares over `ms` of the two workers that are the busiest: the third is the spare. */
async function busyShares(ms: number): Promise<[number, number]> {
  const before = await busySeconds();
  const startedMs = performance.now();
  await sleep(ms);
  const after = await busySeconds();
  const shares = after.map((seconds, i) => ((seconds - before[i]!) * 1_000) / (performance.now() - startedMs));
  const [first, second] = shares.sort((a, b) => b - a);
  return [first!, second!];
}

function distance([first, second]: readonly [number, number]): number {
  return (first - second) / (first + second);
}

/** All on one worker: those on the other break off when it dies. */
async function openOnOneWorker(open: () => Client): Promise<void> {
  const all = Array.from({ length: 6 * connections }, open);
  for (const client of all) client.send();
  await until('answers', () => all.every(({ answered }) => answered === 1));
  gateway.signal('SIGUSR2');
  await until('the end of a worker', () => all.some(({ closed }) => closed));
  await until('another worker in its place', async () => (await gateway.metric('fairlead_workers_serving')) === 2);
  await sleep(200);
  const left = all.filter(({ closed }) => !closed);
  expect(left.length).toBeGreaterThanOrEqual(connections);
  for (const client of [...left.slice(connections), ...all.filter(({ closed }) => closed)]) client.stop();
  clients = left.slice(0, connections);
}

/**
 * Sends as much as keeps one worker busy here and now, until connections are asked to leave: how much that is depends on who else uses the
 * machine. Returns the shares on the way.
 */
async function startLoad(): Promise<[number, number][]> {
  const all: [number, number][] = [];
  for (let rate = 30; all.length < 30; ) {
    for (const client of clients) client.start(rate);
    all.push(await busyShares(500));
    if ((await gateway.metric('fairlead_connections_recycled_total\\{reason="balance"\\}')) > 0) break;
    const [busiest] = all.at(-1)!;
    if (busiest < 0.9) rate *= Math.min(1.5, 0.95 / busiest);
  }
  return all;
}

it.each([
  ['HTTP/1.1', () => new SteadyClient(port, request)],
  ['HTTP/2', () => new SteadyHttp2Client(port, { ':path': '/', 'user-agent': 'steady', 'x-load': load })],
] as const)(
  'eight connections of %s that all came to one of two workers are spread over both, and no request is lost',
  async (_protocol, open) => {
    await openOnOneWorker(open);
    const shares = await startLoad();
    const startedMs = performance.now();
    expect(Math.max(...shares.map(distance))).toBeGreaterThan(0.6);
    while (performance.now() - startedMs < 10_000) {
      shares.push(await busyShares(800));
      if (distance(shares.at(-1)!) <= 0.2 && distance(shares.at(-2)!) <= 0.2) break;
    }
    const report = JSON.stringify({
      shares,
      opened: clients.map((client) => client.connections),
      tookMs: performance.now() - startedMs,
    });
    if (process.env.FAIRLEAD_REPORT === '1') console.log(report);
    expect(distance(shares.at(-1)!), report).toBeLessThanOrEqual(0.2);
    expect(clients.flatMap(({ lost }) => lost)).toEqual([]);
    // Those that had to move, and those that came back to the same worker.
    expect(clients.reduce((sum, client) => sum + client.connections, 0)).toBeLessThan(4 * connections);
  },
  30_000,
);
