import { createServer } from 'node:net';
import { openLoop } from '@fairlead/e2e';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Backend } from './backends.ts';
import { freePort, GatewayUnderTest, until } from './gateway-under-test.ts';
import { gatewayObjects, httpListener, routeObject, serviceObjects } from './manifests.ts';

let port: number;
let backend: Backend;
let gateway: GatewayUnderTest;

beforeEach(async () => {
  port = await freePort();
  backend = await Backend.start('a');
});

afterEach(async () => {
  await gateway.cleanUp();
  backend.stop();
});

async function start(flags: readonly string[], waitUntilReady = true): Promise<void> {
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects([httpListener(port)]),
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [routeObject('r', 'a')],
    },
    flags,
    env: { FAIRLEAD_DEBUG_HOOKS: '1' },
    waitUntilReady,
  });
}

const load = (seconds: number) =>
  openLoop({ port, host: 'any.example.com', path: '/', requestsPerSecond: 300, seconds });

describe('SIGTERM', () => {
  it('turns readiness off, goes on accepting for the grace time, loses nothing and exits with 0', async () => {
    await start(['--workers', '2', '--drain-grace', '1.5']);
    const running = load(1);
    await until('some load', () => backend.hits > 50);
    const ending = gateway.end('SIGTERM');
    await until('readiness is false', async () => (await gateway.admin('/readyz')).status === 503);
    const run = await running;
    expect(Object.fromEntries(run.failures)).toEqual({});
    const { code, tookMs } = await ending;
    expect(code).toBe(0);
    expect(tookMs).toBeGreaterThanOrEqual(1_450);
  });

  it('lets requests in flight finish, and refuses new connections', async () => {
    backend.delayMs = 1_000;
    await start(['--workers', '1', '--drain-grace', '0.1']);
    const slow = fetch(`http://127.0.0.1:${port}/`);
    await until('the request is at the backend', () => backend.hits === 1);
    const ending = gateway.end('SIGTERM');
    await until('connections are refused', async () => {
      const refused = await fetch(`http://127.0.0.1:${port}/`).then(
        () => false,
        () => true,
      );
      return refused;
    });
    expect((await slow).status).toBe(200);
    expect((await ending).code).toBe(0);
  });

  it('cuts off what is not finished at the deadline', async () => {
    backend.delayMs = 8_000;
    await start(['--workers', '1', '--drain-grace', '0', '--drain-timeout', '0.3']);
    const slow = fetch(`http://127.0.0.1:${port}/`).then(
      () => 'answered',
      () => 'cut off',
    );
    await until('the request is at the backend', () => backend.hits === 1);
    const { code, tookMs } = await gateway.end('SIGTERM');
    expect(await slow).toBe('cut off');
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(3_000);
  });
});

describe('a worker that dies', () => {
  it('takes only its own requests with it and is replaced at once', async () => {
    await start(['--workers', '2']);
    backend.delayMs = 300;
    const open = 40;
    // Connections of their own, so that the kernel spreads them over both workers.
    const asked = Array.from({ length: open }, () => oneRequest(port));
    await until('all are at the backend', () => backend.hits === open);
    gateway.signal('SIGUSR2');
    const answers = await Promise.all(asked);
    const lost = answers.filter((status) => status === 0).length;
    expect(answers.filter((status) => status === 200).length).toBe(open - lost);
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(open);
    backend.delayMs = 0;
    await until(
      'both workers serve',
      async () => (await workersServing()) === 2,
      () => gateway.log,
    );
    expect(gateway.log).toContain('a worker was lost');
    const run = await load(0.5);
    expect(Object.fromEntries(run.failures)).toEqual({});
  });

  it('again and again does not end the gateway', async () => {
    await start(['--workers', '2']);
    for (let lost = 1; lost <= 4; lost++) {
      gateway.signal('SIGUSR2');
      await until(
        `${lost} lost`,
        async () => (await workersLost()) === lost,
        () => gateway.log,
      );
      await until(
        'both workers serve',
        async () => (await workersServing()) === 2,
        () => gateway.log,
      );
    }
    const run = await load(0.3);
    expect(Object.fromEntries(run.failures)).toEqual({});
  });
});

describe('a port that is taken', () => {
  it('is named with who asked for it, keeps the gateway from being ready, and is taken over once free', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    await start(['--workers', '2'], false);
    const message = `can't listen on 127.0.0.1:${port}: EADDRINUSE (asked for by listener \\"http\\" of Gateway`;
    await until(
      'the message',
      () => gateway.log.includes(message),
      () => gateway.log,
    );
    expect((await gateway.admin('/readyz')).status).toBe(503);
    await new Promise((resolve) => other.close(resolve));
    await gateway.untilReady();
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  });

  it('by another gateway of the same user is not shared with it', async () => {
    await start(['--workers', '2']);
    const first = gateway;
    await start(['--workers', '2'], false);
    await until(
      'the message',
      () => gateway.log.includes('EADDRINUSE'),
      () => gateway.log,
    );
    const run = await load(0.3);
    expect(Object.fromEntries(run.failures)).toEqual({});
    await first.cleanUp();
  });
});

async function workersServing(): Promise<number> {
  return gateway.metric('fairlead_workers_serving');
}

async function workersLost(): Promise<number> {
  return gateway.metric('fairlead_workers_lost_total');
}

/** The status; 0 when the connection broke. */
async function oneRequest(to: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${to}/`, { headers: { connection: 'close' } }).catch(() => null);
  return response?.status ?? 0;
}
