import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { probePort } from '../src/control/bind-gate.ts';

const root = join(import.meta.dirname, '../../..');
const ports = [8080, 8443, 9901, 9101, 9102, 9103];

let started: ChildProcess | null = null;
afterEach(() => {
  if (started?.exitCode === null) started.kill('SIGTERM');
  started = null;
});

function start(): { readonly child: ChildProcess; readonly said: () => string } {
  const child = spawn(process.execPath, [join(root, 'apps/gateway/src/quickstart/main.ts')], { cwd: root });
  started = child;
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  return { child, said: () => text };
}

async function takenPorts(): Promise<readonly number[]> {
  const probes = await Promise.all(ports.map((port) => probePort('127.0.0.1', port)));
  return ports.filter((_, i) => probes[i] !== null);
}

it('serves three backends by latency, and ends cleanly on Ctrl-C', async ({ skip }) => {
  const taken = await takenPorts();
  if (taken.length > 0) skip(`ports of the quickstart are in use here: ${taken.join(', ')}`);
  const { child, said } = start();
  await expect.poll(said, { timeout: 15_000, interval: 50 }).toContain('300 requests, 0 failed');
  const bars = new Map(
    [...said().matchAll(/^ {2}(\w+) +[█▏]* +(\d+)/gm)].map(([, name, count]) => [name, Number(count)]),
  );
  expect(bars.get('steady')! + bars.get('flaky')! + bars.get('slow')!).toBe(300);
  expect(bars.get('slow')).toBeLessThan(bars.get('steady')!);

  // One backend fails: nobody notices.
  await fetch('http://127.0.0.1:9103/-/fail');
  const statuses = await Promise.all(
    Array.from({ length: 40 }, () => fetch('http://127.0.0.1:8080/').then(({ status }) => status)),
  );
  expect(new Set(statuses)).toEqual(new Set([200]));

  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(await takenPorts()).toEqual([]);
});

it('says which port is in use, and who asked for it', async ({ skip }) => {
  if ((await takenPorts()).length > 0) skip('ports of the quickstart are in use here');
  const server = createServer().listen(8443, '127.0.0.1');
  await once(server, 'listening');
  const { child, said } = start();
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
  expect(said()).toContain('127.0.0.1:8443 (for listener "https" in examples/quickstart/gateway.yaml): in use');
  server.close();
});
