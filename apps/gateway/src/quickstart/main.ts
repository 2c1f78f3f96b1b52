import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { probePort } from '../control/bind-gate.ts';
import { sendBurst } from './burst.ts';
import { burstChart } from './chart.ts';
import { ensureTlsSecret } from './tls-secret.ts';

/** `npm start`: three demo backends and a gateway on examples/quickstart, until Ctrl-C. */

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const manifests = 'examples/quickstart';
const admin = '127.0.0.1:9901';
const demoUrl = 'http://127.0.0.1:8080/';
const backendNames = ['steady', 'flaky', 'slow'];
const readyTimeoutMs = 15_000;

/** Everything the quickstart listens on, and who asks for it. */
const ports: readonly (readonly [port: number, asker: string])[] = [
  [8080, `listener "http" in ${manifests}/gateway.yaml`],
  [8443, `listener "https" in ${manifests}/gateway.yaml`],
  [9901, 'the admin API'],
  [9101, 'demo backend "steady"'],
  [9102, 'demo backend "slow"'],
  [9103, 'demo backend "flaky"'],
];

process.chdir(root);
process.exitCode = await main();

async function main(): Promise<number> {
  const taken = await findTakenPorts();
  if (taken.length > 0) {
    process.stderr.write(`The quickstart can't start:\n${taken.join('\n')}\nStop what listens there and try again.\n`);
    return 1;
  }
  await ensureTlsSecret(join(manifests, 'tls-secret.yaml'), 'quickstart-tls');
  const backends = fork(join(import.meta.dirname, 'backends.ts'));
  const accessLog = accessLogPath();
  const gateway = startGateway(accessLog);
  const end = endOf(gateway, backends);
  const isReady = await Promise.race([untilReady(), end.then(() => false)]);
  if (isReady) {
    process.stdout.write(introduction(accessLog));
    await showBurst();
    offerBursts();
  } else gateway.kill('SIGTERM');
  const code = await end;
  backends.kill();
  return isReady ? code : 1;
}

async function findTakenPorts(): Promise<readonly string[]> {
  const probes = ports.map(async ([port, asker]) => {
    const error = await probePort('127.0.0.1', port);
    return error === null ? [] : [`  127.0.0.1:${port} (for ${asker}): ${error === 'EADDRINUSE' ? 'in use' : error}`];
  });
  return (await Promise.all(probes)).flat();
}

function accessLogPath(): string {
  const directory = join(tmpdir(), 'fairlead-quickstart');
  mkdirSync(directory, { recursive: true });
  return join(directory, 'access.log');
}

/** In a process group of its own: Ctrl-C reaches it once, from us, and not a second time from the terminal. */
function startGateway(accessLog: string): ChildProcess {
  const program = relative(root, fileURLToPath(new URL('../main.ts', import.meta.url)));
  const args = [program, 'run', '--from', manifests, '--admin', admin, '--access-log', accessLog];
  return spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
}

/** Resolves with the gateway's exit code when it has ended, by itself or because we, or those who started us, were told to. */
async function endOf(gateway: ChildProcess, backends: ChildProcess): Promise<number> {
  const stop = (signal: NodeJS.Signals): void => void gateway.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop('SIGINT'));
  backends.once('exit', (code) => {
    if (code !== null && code !== 0) stop('SIGTERM');
  });
  const parent = process.ppid;
  const timer = setInterval(() => process.ppid !== parent && stop('SIGINT'), 500);
  const [code] = await once(gateway, 'exit');
  clearInterval(timer);
  process.stdin.pause();
  return (code as number | null) ?? 1;
}

async function untilReady(): Promise<boolean> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (performance.now() < deadlineMs) {
    const response = await fetch(`http://${admin}/readyz`).catch(() => null);
    if (response?.status === 200) return true;
    await sleep(50);
  }
  process.stderr.write(`The gateway was not ready after ${readyTimeoutMs / 1_000} s.\n`);
  return false;
}

async function showBurst(): Promise<void> {
  const result = await sendBurst(demoUrl, 300, 8);
  process.stdout.write(
    `\n300 requests to ${demoUrl}, by the backend that answered:\n${burstChart(result, backendNames)}\n`,
  );
}

/** At a terminal, Enter sends another burst. */
function offerBursts(): void {
  if (process.stdin.isTTY !== true) return;
  process.stdout.write('\nEnter sends another 300; Ctrl-C ends.\n');
  let last: Promise<void> = Promise.resolve();
  process.stdin.resume().on('data', () => {
    last = last.then(showBurst);
  });
}

function introduction(accessLog: string): string {
  return `
Fairlead serves ${manifests}. Try, in another terminal:

  curl http://127.0.0.1:8080/                     balanced over three backends by measured latency
  curl -k https://127.0.0.1:8443/                 the same over TLS
  curl -H 'x-preview: yes' http://127.0.0.1:8080/  a rule that matches a header
  curl -i http://127.0.0.1:8080/old/page          a redirect
  curl http://127.0.0.1:8080/canary               exactly one in ten goes to the next version

  npx fairlead explain GET http://127.0.0.1:8080/ --admin http://${admin}
  curl http://${admin}/metrics                  also /debug/endpoints, /debug/snapshot, /readyz

Make one backend fail; no request should: its share goes to the others, and back once it has healed.

  curl http://127.0.0.1:9103/-/fail
  curl http://127.0.0.1:9103/-/heal

Edit ${manifests}/routes.yaml: a change is live within a moment. Access log: ${accessLog}
`;
}
