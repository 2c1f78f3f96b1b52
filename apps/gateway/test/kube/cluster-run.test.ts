import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../../../packages/kube/test/support/fake-api-server.ts';
import * as objects from '../../../../packages/kube/test/support/objects.ts';

const main = resolve(import.meta.dirname, '../../src/main.ts');
let server: FakeApiServer;
let folder: string;
let gateway: ChildProcess | null;
let log: string;
let admin: string;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  folder = mkdtempSync(join(tmpdir(), 'fairlead-cluster-'));
  gateway = null;
  log = '';
  admin = `127.0.0.1:${await freePort()}`;
});
afterEach(async () => {
  if (gateway?.exitCode === null) {
    gateway.kill('SIGKILL');
    await once(gateway, 'exit');
  }
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function run(): void {
  const kubeconfig = join(folder, 'config');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'test',
      contexts: [{ name: 'test', context: { cluster: 'fake', user: 'me' } }],
      clusters: [{ name: 'fake', cluster: { server: server.access().server.href } }],
      users: [{ name: 'me', user: { token: 'good' } }],
    }),
  );
  const args = ['run', '--kubeconfig', kubeconfig, '--admin', admin, '--workers', '1', '--access-log', 'off', '--json'];
  gateway = spawn(process.execPath, [main, ...args, '--drain-grace', '0', '--pod-name', 'pod-1'], { stdio: 'pipe' });
  gateway.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
}

async function readiness(): Promise<{ readonly status: number; readonly text: string } | null> {
  const response = await fetch(`http://${admin}/readyz`).catch(() => null);
  return response === null ? null : { status: response.status, text: await response.text() };
}

async function until(check: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + 25_000;
  while (!(await check())) {
    if (performance.now() > untilMs) throw new Error(`not in time; the log says\n${log}`);
    await sleep(20);
  }
}

describe('fairlead run in a cluster', { timeout: 60_000 }, () => {
  it('is ready when it knows the cluster, even without a Gateway, and ends when asked to', async () => {
    server.put('gatewayclasses', objects.gatewayClass());
    server.fault = ({ path }) => (path.endsWith('/httproutes') ? { as: 'status', status: 503 } : null);
    run();
    await until(async () => (await readiness()) !== null);
    await until(async () => log.includes("the API server can't be used"));
    expect(await readiness()).toMatchObject({ status: 503, text: expect.stringContaining('first configuration') });
    server.fault = () => null;
    await until(async () => (await readiness())?.status === 200);
    expect(log).toContain('"msg":"following the cluster"');
    const { path, query } = server.requests.find((request) => request.watch)!;
    expect([path.startsWith('/api'), query.get('sendInitialEvents')]).toEqual([true, 'true']);
    gateway!.kill('SIGTERM');
    expect(await once(gateway!, 'exit')).toEqual([0, null]);
  });

  it('says once what is wrong with an object', async () => {
    run();
    await until(async () => (await readiness())?.status === 200);
    server.put('httproutes', { ...objects.httpRoute('bad'), spec: { rules: 'all' } });
    await until(async () => log.includes('HTTPRoute default/bad spec.rules: must be a list'));
    server.put('httproutes', objects.httpRoute('good'));
    await until(async () => {
      const response = await fetch(`http://${admin}/debug/snapshot`);
      return JSON.stringify(await response.json()).includes('default/bad');
    });
    expect(log.split('HTTPRoute default/bad').length).toBe(2);
  });
});
