import { randomBytes } from 'node:crypto';
import { openLoop, percentile } from '@fairlead/e2e';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RawClient, until } from '../downstream/raw-client.ts';
import { freePort, GatewayUnderTest } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, serviceObjects } from '../process/manifests.ts';
import { EchoBackend } from './echo-backend.ts';
import { httpRoute, rule } from './objects.ts';
import { exchange, get } from './requests.ts';

let backend: EchoBackend;
let gateway: GatewayUnderTest;
let port: number;
let baselineBytes: number;
const clients: RawClient[] = [];

beforeAll(async () => {
  port = await freePort();
  backend = await EchoBackend.start('a');
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects([httpListener(port)]),
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [httpRoute('r', { rules: [rule('/', 'a')] })],
    },
    flags: ['--workers', '2', '--expose-reason'],
  });
  await innocentLoad(0.5);
  baselineBytes = await residentBytes();
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(async () => {
  await gateway.cleanUp();
  backend.stop();
});

async function open(count: number, octets: string = ''): Promise<readonly RawClient[]> {
  const opened = await Promise.all(Array.from({ length: count }, () => RawClient.open(port)));
  if (octets !== '') for (const client of opened) client.send(octets);
  clients.push(...opened);
  return opened;
}

/** What everybody else sees: no failure, and answers as fast as on a busy machine. */
async function innocentLoad(seconds: number): Promise<void> {
  const run = await openLoop({ port, host: 'a.example', path: '/', requestsPerSecond: 200, seconds });
  expect(Object.fromEntries(run.failures)).toEqual({});
  expect(percentile(run.latencies, 50)).toBeLessThan(500);
}

const residentBytes = (): Promise<number> => gateway.metric('process_resident_memory_bytes');

/** Young garbage is not the attack's: collections happen under load. */
async function memoryIsBack(): Promise<void> {
  const limit = baselineBytes + 48 * 1024 * 1024;
  for (let tries = 0; tries < 8 && (await residentBytes()) > limit; tries++) await innocentLoad(0.2);
  expect(await residentBytes()).toBeLessThan(limit);
}

describe('a head', () => {
  it.each([
    [128, 200],
    [129, 431],
    [5_000, 431],
  ])('of %i fields is answered with %i', async (count, status) => {
    // Host and Connection are two of them.
    const lines = Array.from({ length: count - 2 }, (_, i) => `X-${i}: v`);
    expect((await get(port, '/', lines)).status).toBe(status);
  });

  it.each([
    [10_000, 200],
    [17_000, 431],
    [3_000_000, 431],
  ])('with a field of %i octets is answered with %i', async (size, status) => {
    expect((await get(port, '/', [`X: ${'v'.repeat(size)}`])).status).toBe(status);
  });

  it.each([
    [8_000, 200],
    [8_300, 414],
    [3_000_000, 414],
  ])('with a target of %i octets is answered with %i', async (size, status) => {
    expect((await get(port, `/${'p'.repeat(size - 1)}`)).status).toBe(status);
  });

  it.each([
    ['a method', 'M'.repeat(100_000)],
    ['a name', `GET / HTTP/1.1\r\n${'n'.repeat(100_000)}`],
    ['blank lines', '\r\n'.repeat(50_000)],
    ['a version', `GET / HTTP/${'1'.repeat(100_000)}`],
  ])('never ends when its end does not come: %s', async (_what, octets) => {
    const [client] = await open(1, octets);
    await client!.endsCleanly();
    expect(client!.text).toMatch(/^HTTP\/1\.1 (400|414|431|501|505) /);
  });
});

describe('a flood', () => {
  it('of garbage does not disturb others, and leaves nothing', async () => {
    const load = innocentLoad(1);
    const samples = [
      randomBytes(4_096).latin1Slice(),
      '\0'.repeat(4_096),
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a\r\nX: \xff\xfe\x00\r\n\r\n',
      '\n'.repeat(4_096),
      'SSH-2.0-OpenSSH_9.2\r\n',
      '*3\r\n$3\r\nSET\r\n',
    ];
    for (let round = 0; round < 40; round++) {
      const round1 = await open(8);
      for (const [i, client] of round1.entries()) client.send(samples[i]!);
    }
    await until(
      () => clients.every((client) => client.ended || client.closed),
      () =>
        `the end of all; open: ${clients.filter((client) => !client.ended && !client.closed).map(({ text }) => text)}`,
    );
    await load;
    expect(clients.filter(({ text }) => /^HTTP\/1\.1 2/.test(text))).toEqual([]);
  });

  it('of pipelined requests whose answers nobody reads comes to rest', async () => {
    let answered = 0;
    const page = Buffer.alloc(16_384);
    backend.answers.set('/page', (_request, response) => {
      answered++;
      response.end(page);
    });
    const request = `GET /page HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(1_000)}\r\n\r\n`;
    const attackers = await open(8);
    for (const { socket } of attackers) {
      socket.pause();
      socket.write(request.repeat(10_000));
    }
    await innocentLoad(1);
    const settled = answered;
    await innocentLoad(0.2);
    expect(answered).toBe(settled);
    expect(answered).toBeLessThan(8 * 10_000);
    for (const { socket } of attackers) expect(socket.writableLength).toBeGreaterThan(0);
    for (const client of attackers) client.close();
    await memoryIsBack();
  });

  it('of connections, idle and half a request each, costs others nothing', async () => {
    const idle = await open(600);
    const half = await open(600, 'GET / HTTP/1.1\r\nHost: a\r\nX-Half');
    await innocentLoad(1);
    expect(idle.some((client) => client.closed)).toBe(false);
    half[0]!.send(': done\r\n\r\n');
    await half[0]!.receives('200 OK');
    for (const client of clients) client.close();
    await memoryIsBack();
  });

  it('of connections that are reset at every moment leaves nothing behind', async () => {
    const moments = [
      '',
      'G',
      'GET / HTTP/1.1\r\n',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n1234',
      'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    ];
    const load = innocentLoad(1);
    for (let round = 0; round < 30; round++) {
      for (const moment of moments) for (const client of await open(2, moment)) client.socket.resetAndDestroy();
    }
    await load;
    await until(
      () => clients.every((client) => client.closed),
      () => 'the end of all',
    );
    await memoryIsBack();
    expect(await gateway.metric('fairlead_workers_lost_total')).toBe(0);
  });

  it('of bodies to an endpoint that does not read them is held back', async () => {
    backend.answers.set('/stuck', (request) => request.pause());
    const attackers = await open(8, 'POST /stuck HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n');
    const part = Buffer.alloc(1024 * 1024);
    for (const { socket } of attackers) for (let i = 0; i < 24; i++) socket.write(part);
    await innocentLoad(0.7);
    for (const { socket } of attackers) expect(socket.writableLength).toBeGreaterThan(8 * part.length);
    expect(await residentBytes()).toBeLessThan(baselineBytes + 96 * 1024 * 1024);
    for (const client of attackers) client.close();
    await memoryIsBack();
  });

  it('of answers that nobody reads is held back', async () => {
    let sent = 0;
    backend.answers.set('/firehose', (_request, response) => {
      const part = Buffer.alloc(65_536);
      const write = (): void => {
        while (!response.destroyed && sent < 1_000_000_000) {
          sent += part.length;
          if (!response.write(part)) break;
        }
      };
      response.on('drain', write);
      response.writeHead(200);
      write();
    });
    const attackers = await open(8);
    for (const client of attackers) {
      client.socket.pause();
      client.send('GET /firehose HTTP/1.1\r\nHost: a\r\n\r\n');
    }
    await innocentLoad(0.5);
    const settled = sent;
    await innocentLoad(0.2);
    expect(sent - settled).toBeLessThan(1_000_000);
    expect(await residentBytes()).toBeLessThan(baselineBytes + 96 * 1024 * 1024);
    for (const client of attackers) client.close();
    await memoryIsBack();
  });
});

it('a reused name or value of a client does not make the gateway grow', async () => {
  for (let round = 0; round < 20; round++) {
    const heads = Array.from({ length: 20 }, (_, i) => {
      const lines = Array.from({ length: 60 }, (_, j) => `X-${round}-${i}-${j}: ${round * j}${'v'.repeat(100)}\r\n`);
      return `GET / HTTP/1.1\r\nHost: h${round}-${i}.example\r\n${lines.join('')}Connection: close\r\n\r\n`;
    });
    const answers = await Promise.all(heads.map((head) => exchange(port, head)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  }
  await memoryIsBack();
});
