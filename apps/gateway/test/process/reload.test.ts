import { openLoop } from '@fairlead/e2e';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Backend } from './backends.ts';
import { freePort, GatewayUnderTest, until } from './gateway-under-test.ts';
import { gatewayObjects, httpListener, routeObject, serviceObjects } from './manifests.ts';

let port: number;
let a: Backend;
let b: Backend;
let gateway: GatewayUnderTest;

beforeEach(async () => {
  port = await freePort();
  a = await Backend.start('a');
  b = await Backend.start('b');
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects([httpListener(port)]),
      'services.yaml': [...serviceObjects('a', [a.port]), ...serviceObjects('b', [b.port])],
      'routes.yaml': [routeObject('r', 'a', { header: ['x-version', '0'] })],
    },
    flags: ['--workers', '2'],
  });
});

afterEach(async () => {
  await gateway.cleanUp();
  a.stop();
  b.stop();
});

const ask = async (): Promise<Headers> => (await fetch(`http://127.0.0.1:${port}/`)).headers;
const load = (seconds: number) =>
  openLoop({ port, host: 'any.example.com', path: '/', requestsPerSecond: 300, seconds });

describe('a change of the manifests', () => {
  it('is live within a moment and loses nothing', async () => {
    const running = load(2);
    for (let version = 1; version <= 8; version++) {
      const service = version % 2 === 0 ? 'a' : 'b';
      gateway.write('routes.yaml', [routeObject('r', service, { header: ['x-version', String(version)] })]);
      await until(`version ${version}`, async () => (await ask()).get('x-version') === String(version));
      expect((await ask()).get('x-backend')).toBe(service);
    }
    const run = await running;
    expect(Object.fromEntries(run.failures)).toEqual({});
    expect(run.succeeded).toBe(600);
  });

  it('of endpoints alone needs no compile and loses nothing', async () => {
    const versionOf = async (): Promise<string> => (await ask()).get('x-backend') ?? '';
    expect(await versionOf()).toBe('a');
    const running = load(1);
    gateway.write('services.yaml', [...serviceObjects('a', [b.port]), ...serviceObjects('b', [b.port])]);
    await until('the new endpoint', async () => (await versionOf()) === 'b');
    const run = await running;
    expect(Object.fromEntries(run.failures)).toEqual({});
    expect(run.succeeded).toBe(300);
  });

  it('that takes a Gateway away and brings it back serves again, and is ready', async () => {
    const isReady = async (): Promise<boolean> => (await gateway.admin('/readyz')).status === 200;
    const answers = async (): Promise<boolean> => {
      const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
      return answer?.status === 200;
    };
    gateway.write('gateway.yaml', []);
    await until('nobody listens', async () => !(await answers()));
    gateway.write('gateway.yaml', gatewayObjects([httpListener(port)]));
    await until('it serves', answers);
    await until('it is ready', isReady);
  });

  it('that cannot be read keeps what was good and says where', async () => {
    gateway.writeText('routes.yaml', 'kind: HTTPRoute\nmetadata: [oops\n');
    await until(
      'the message',
      () => /routes\.yaml:[23]/.test(gateway.log),
      () => gateway.log,
    );
    expect((await ask()).get('x-version')).toBe('0');
    gateway.write('routes.yaml', [routeObject('r', 'b', { header: ['x-version', '1'] })]);
    await until('the repaired file', async () => (await ask()).get('x-version') === '1');
  });
});
