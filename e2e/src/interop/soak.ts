import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ensureTool } from '../debian-tools.ts';
import { freePort } from '../gateway/free-port.ts';
import { gatewayObjects, routeObject, serviceObjects } from '../gateway/objects.ts';
import { runGateway, writeManifests } from '../gateway/run-gateway.ts';
import { runCommand } from '../run-command.ts';
import { PlainBackends } from './plain-backends.ts';
import type { CaseResult, Suite, SuiteContext } from './suite.ts';

export const soak: Suite = {
  name: 'soak',
  summary:
    'h2load with random numbers of connections and streams, half of it cut into other pieces: no answer is missing',
  run: runSoak,
};

/** Bodies of requests in octets, and how many requests a round of them has. */
const bodies = [
  { octets: 0, requests: 20_000 },
  { octets: 10, requests: 20_000 },
  { octets: 1_000, requests: 10_000 },
  { octets: 40_000, requests: 1_000 },
] as const;
/** What one endpoint is given at a time has a limit; more would be answered with 503, and rightly. */
const maxAtATime = 1_000;
/** Far longer than any round; what is not done by then waits for something that will not come. */
const patienceMs = 120_000;
const services = ['http1', 'h2c'] as const;

interface Way {
  readonly name: string;
  readonly port: number;
}

async function runSoak(context: SuiteContext): Promise<readonly CaseResult[]> {
  const h2load = ensureTool('h2load', context.progress);
  const ports = { http1: await freePort(), h2c: await freePort() };
  const backends = await PlainBackends.start();
  const directory = join(context.directory, 'manifests');
  writeManifests(directory, 'gateway.json', manifests(ports, backends));
  const flags = ['--workers', '1', '--access-log', 'off'];
  const gateway = await runGateway({ directory, adminPort: await freePort(), cpu: null, flags });
  const relays: Worker[] = [];
  try {
    const ways: Way[] = services.map((service) => ({ name: service, port: ports[service] }));
    for (const { name, port } of [...ways]) {
      const relay = await startRelay(port);
      relays.push(relay.worker);
      ways.push({ name: `${name}-resplit`, port: relay.port });
    }
    const wanted = ways.filter(({ name }) => context.only.length === 0 || context.only.includes(name));
    return await runRounds(h2load, wanted, context);
  } finally {
    for (const worker of relays) await worker.terminate();
    await gateway.stop('SIGINT');
    backends.stop();
  }
}

function manifests(ports: Readonly<Record<string, number>>, backends: PlainBackends): readonly object[] {
  const listeners = services.map((name) => ({ name, port: ports[name]!, tls: false }));
  return [
    ...gatewayObjects(listeners, null),
    ...services.flatMap((name) => serviceObjects({ name, addresses: [backends[name]], h2c: name === 'h2c' })),
    ...services.map((name) => routeObject('HTTPRoute', name, name)),
  ];
}

async function startRelay(toPort: number): Promise<{ worker: Worker; port: number }> {
  const port = await freePort();
  const file = join(import.meta.dirname, '../soak/resplitter-worker.ts');
  const worker = new Worker(file, { workerData: { port, toPort } });
  await new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return { worker, port };
}

async function runRounds(h2load: string, ways: readonly Way[], context: SuiteContext): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  let sent = 0;
  for (let i = 0; sent < context.requests || i < ways.length; i++) {
    const { octets, requests } = bodies[randomInt(bodies.length)]!;
    const result = await runRound(h2load, ways[i % ways.length]!, octets, requests, context.directory);
    results.push(result);
    sent += requests;
    if (result.outcome === 'failed')
      context.progress(`soak: ✗ ${result.configuration} ${result.name}: ${result.detail}`);
    else if (i % 25 === 24) context.progress(`soak: ${sent} requests`);
  }
  return results;
}

async function runRound(
  h2load: string,
  { name, port }: Way,
  octets: number,
  requests: number,
  directory: string,
): Promise<CaseResult> {
  const connections = 1 + randomInt(64);
  const streams = 1 + randomInt(Math.min(150, Math.floor(maxAtATime / connections)));
  const args = ['-t1', '-n', String(requests), '-c', String(connections), '-m', String(streams)];
  if (octets > 0) args.push('-d', bodyFile(directory, octets));
  const { output } = await runCommand(h2load, [...args, `http://127.0.0.1:${port}/`], patienceMs);
  const good = Number(/status codes: (\d+) 2xx/.exec(output)?.[1] ?? 0);
  return {
    configuration: name,
    name: `${requests} requests, ${connections} × ${streams}, ${octets} octets each`,
    outcome: good === requests ? 'passed' : 'failed',
    detail: good === requests ? '' : `${good} answered well: ${output.trim().slice(-600)}`,
  };
}

function bodyFile(directory: string, size: number): string {
  const file = join(directory, `body-${size}`);
  writeFileSync(file, 'x'.repeat(size));
  return file;
}
