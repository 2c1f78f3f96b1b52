import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Backend } from './backends.ts';
import { freePort, GatewayUnderTest, until } from './gateway-under-test.ts';
import { LeastConnections } from './least-connections.ts';
import { gatewayObjects, httpListener, routeObject, serviceObjects } from './manifests.ts';
import { SteadyClient } from './steady-client.ts';
import { SteadyHttp2Client } from './steady-http2-client.ts';

const connections = 100;
const excluded = 5;

let backend: Backend;
let balancer: LeastConnections;
const gateways: GatewayUnderTest[] = [];
const ports: number[] = [];
const clients: (SteadyClient | SteadyHttp2Client)[] = [];

beforeEach(async () => {
  backend = await Backend.start('a');
  for (let i = 0; i < 3; i++) ports.push(await freePort());
  gateways.push(...(await Promise.all(ports.map(startGateway))));
  balancer = await LeastConnections.start(ports.slice(0, 1));
}, 30_000);

afterEach(async () => {
  for (const client of clients.splice(0)) client.stop();
  balancer.stop();
  for (const gateway of gateways.splice(0)) await gateway.cleanUp();
  ports.length = 0;
  backend.stop();
});

async function startGateway(port: number): Promise<GatewayUnderTest> {
  return GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects([httpListener(port)]),
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [routeObject('r', 'a')],
      'policy.yaml': [
        {
          apiVersion: 'fairlead.dev/v1alpha1',
          kind: 'ClientTrafficPolicy',
          metadata: { name: 'spread' },
          spec: {
            targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gw' }],
            recycling: { goawayChance: '2.5%', excludedUserAgents: ['Prober/'] },
          },
        },
      ],
    },
    flags: ['--workers', '1'],
  });
}

/** How far the worst gateway is from a third, as a share of it. */
function spread(): number {
  const counts = ports.map((port) => balancer.open.get(port)!);
  return Math.max(...counts.map((count) => Math.abs(count - connections / 3))) / (connections / 3);
}

const openHttp1 = (agent: string): SteadyClient =>
  new SteadyClient(balancer.port, `GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: ${agent}\r\n\r\n`);
const openHttp2 = (agent: string): SteadyHttp2Client =>
  new SteadyHttp2Client(balancer.port, { ':path': '/', 'user-agent': agent });

it.each([
  ['HTTP/1.1', openHttp1],
  ['HTTP/2', openHttp2],
])(
  '%s connections that all came to one of three gateways are spread, nothing is lost, and who is excluded is spared',
  async (_protocol, open) => {
    for (let i = 0; i < connections; i++) {
      clients.push(open(i < excluded ? 'Prober/1' : 'steady'));
    }
    await until('all connections', () => balancer.open.get(ports[0]!) === connections);
    balancer.add(...ports.slice(1));
    for (const client of clients) client.start(10);
    const startedMs = performance.now();
    while (spread() > 0.15 && performance.now() - startedMs < 15_000) await sleep(50);
    const report = JSON.stringify({ open: [...balancer.open.values()], tookMs: performance.now() - startedMs });
    if (process.env.FAIRLEAD_REPORT === '1') console.log(report);
    expect(spread(), report).toBeLessThanOrEqual(0.15);
    expect(clients.flatMap(({ lost }) => lost)).toEqual([]);
    expect(clients.slice(0, excluded).map((client) => client.connections)).toEqual(new Array(excluded).fill(1));
  },
  40_000,
);
