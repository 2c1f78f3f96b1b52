import { connect } from 'node:net';
import { openLoop } from '@fairlead/e2e';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { certificate } from '../downstream/certificates.ts';
import { RawClient, until } from '../downstream/raw-client.ts';
import { freePort, GatewayUnderTest } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, httpsListener, secretObject, serviceObjects } from '../process/manifests.ts';
import { EchoBackend } from './echo-backend.ts';
import { httpRoute, rule } from './objects.ts';

let backend: EchoBackend;
let gateway: GatewayUnderTest;
let port: number;
let securePort: number;

beforeAll(async () => {
  [port, securePort] = [await freePort(), await freePort()];
  backend = await EchoBackend.start('a');
  const { certPem, keyPem } = await certificate(['a.example']);
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': [
        ...gatewayObjects([httpListener(port), httpsListener(securePort, 'tls')]),
        secretObject('tls', certPem, keyPem),
      ],
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [httpRoute('r', { rules: [rule('/', 'a')] })],
    },
    flags: ['--workers', '2', '--expose-reason'],
  });
});

afterAll(async () => {
  await gateway.cleanUp();
  backend.stop();
});

interface Drip {
  readonly kind: string;
  readonly begins: string;
  /** Sent every 400 ms. */
  readonly drips: string;
  readonly ends: RegExp;
}

const post = 'POST / HTTP/1.1\r\nHost: a\r\n';
const drips: readonly Drip[] = [
  {
    kind: 'slow head',
    begins: 'GET / HTTP/1.1\r\nHost: a\r\n',
    drips: 'X: y\r\n',
    ends: /^HTTP\/1\.1 408 [\s\S]*head_timeout/,
  },
  { kind: 'slow request line', begins: 'GET /', drips: 'x', ends: /^HTTP\/1\.1 408 [\s\S]*head_timeout/ },
  {
    kind: 'slow body',
    begins: `${post}Content-Length: 100000\r\n\r\n`,
    drips: 'x',
    ends: /^HTTP\/1\.1 408 [\s\S]*slow_body/,
  },
  {
    kind: 'slow chunks',
    begins: `${post}Transfer-Encoding: chunked\r\n\r\n`,
    drips: '1\r\nx\r\n',
    ends: /^HTTP\/1\.1 408 [\s\S]*slow_body/,
  },
];
const each = 40;
const dripMs = 400;
/** What the deadline is, with what a sweep and a busy machine add. */
const [earliestMs, latestMs] = [9_500, 14_000];

// All at the same time: each waits for the same ten seconds.
it('who is slow is told so after ten seconds, and nobody else notices', { timeout: 40_000 }, async () => {
  const startedMs = performance.now();
  const slow = await Promise.all(drips.map(async (drip) => ({ drip, clients: await openAll(each, drip.begins) })));
  const silent = await Promise.all(Array.from({ length: each }, () => silentHandshake()));
  const timer = setInterval(() => {
    for (const { drip, clients } of slow) for (const client of clients) if (!client.ended) client.send(drip.drips);
  }, dripMs);
  const seconds = 12;
  const load = openLoop({ port, host: 'a', path: '/', requestsPerSecond: 100, seconds });
  const all = slow.flatMap(({ clients }) => clients);
  const overMs = new Map<RawClient, number>();
  await until(
    () => {
      for (const client of all)
        if (client.ended && !overMs.has(client)) overMs.set(client, performance.now() - startedMs);
      return overMs.size === all.length && silent.every((client) => client.closed || client.ended);
    },
    () => `the end of all: ${overMs.size} of ${all.length}, silent ${silent.filter((client) => client.ended).length}`,
    latestMs + 4_000,
  );
  clearInterval(timer);
  for (const { drip, clients } of slow) {
    for (const client of clients) {
      expect(client.text, drip.kind).toMatch(drip.ends);
      expect(overMs.get(client), drip.kind).toBeGreaterThan(earliestMs);
      expect(overMs.get(client), drip.kind).toBeLessThan(latestMs);
    }
  }
  const run = await load;
  expect(Object.fromEntries(run.failures)).toEqual({});
  expect(run.succeeded).toBe(100 * seconds);
  for (const client of [...all, ...silent]) client.close();
});

async function openAll(count: number, octets: string): Promise<readonly RawClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.open(port)));
  for (const client of clients) client.send(octets);
  return clients;
}

/** Begins TLS and says nothing more. */
async function silentHandshake(): Promise<RawClient> {
  const socket = connect({ port: securePort, host: '127.0.0.1', allowHalfOpen: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  const client = new RawClient(socket);
  client.send('\x16\x03\x01');
  return client;
}
