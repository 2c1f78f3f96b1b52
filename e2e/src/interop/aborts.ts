import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../gateway/free-port.ts';
import { gatewayObjects, routeObject, serviceObjects } from '../gateway/objects.ts';
import { runGateway, writeManifests } from '../gateway/run-gateway.ts';
import { residentBytes } from '../process-tree.ts';
import { abortingClients } from '../soak/abort-clients.ts';
import { StartedProcess } from '../started-process.ts';
import { ensureGoTool } from './go-tools.ts';
import type { CaseResult, Suite, SuiteContext } from './suite.ts';

export const aborts: Suite = {
  name: 'aborts',
  summary:
    '10,000 streams that either side breaks off at any moment: ends are told, nothing stays open, memory is given back',
  run: runAborts,
};

const services = ['http1', 'h2c'] as const;
const streams = 10_000;
/** The first round makes what stays; later ones may not add to it. */
const rounds = 3;
const settleMs = 3_000;
const mib = 2 ** 20;
const maxGrowthMib = 16;
const gauges = ['fairlead_requests_in_flight', 'fairlead_upstream_http2_streams_open'];

interface Site {
  readonly adminPort: number;
  readonly backendPort: number;
  /** The gateway's. */
  readonly pid: number;
}

async function runAborts(context: SuiteContext): Promise<readonly CaseResult[]> {
  const ports = { http1: await freePort(), h2c: await freePort() };
  const adminPort = await freePort();
  const backendPort = await freePort();
  const program = await ensureGoTool('moodybackend', context.progress);
  const backend = StartedProcess.start(null, program, ['-address', `127.0.0.1:${backendPort}`]);
  await backend.listening(backendPort);
  const directory = join(context.directory, 'manifests');
  writeManifests(directory, 'gateway.json', manifests(ports, backendPort));
  const flags = ['--workers', '1', '--access-log', 'off', '--expose-reason'];
  const process = await runGateway({ directory, adminPort, cpu: null, flags });
  try {
    const results: CaseResult[] = [];
    for (const service of services) {
      if (context.only.length > 0 && !context.only.includes(service)) continue;
      results.push(...(await runOne(service, ports[service], { adminPort, backendPort, pid: process.pid }, context)));
    }
    return results;
  } finally {
    await process.stop('SIGINT');
    await backend.stop();
  }
}

function manifests(ports: Readonly<Record<string, number>>, backendPort: number): readonly object[] {
  const listeners = services.map((name) => ({ name, port: ports[name]!, tls: false }));
  return [
    ...gatewayObjects(listeners, null),
    ...services.flatMap((name) =>
      serviceObjects({ name, addresses: [`127.0.0.1:${backendPort}`], h2c: name === 'h2c' }),
    ),
    ...services.map((name) => routeObject('HTTPRoute', name, name)),
    tolerantPolicy(),
  ];
}

/** So many cancelled requests would otherwise be taken for an attack. */
function tolerantPolicy(): object {
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'ClientTrafficPolicy',
    metadata: { name: 'tolerant' },
    spec: {
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'site' }],
      http2: { abuse: { maxEarlyResets: 1_000_000 } },
    },
  };
}

async function runOne(
  configuration: string,
  port: number,
  site: Site,
  { progress }: SuiteContext,
): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  let afterFirst = 0;
  for (let round = 1; round <= rounds; round++) {
    progress(`aborts: ${configuration}, round ${round} of ${rounds} …`);
    const { streams: ended, whole, brokenOff, cancelled, wrong } = await abortingClients(port, streams);
    const detail = `${ended} streams: ${whole} whole, ${brokenOff} broken off, ${cancelled} cancelled, ${wrong.length} wrong`;
    const examples = wrong.length === 0 ? '' : `: ${[...new Set(wrong)].slice(0, 5).join('; ')}`;
    results.push(judged(configuration, `round ${round}`, wrong.length === 0, detail + examples));
    await sleep(settleMs);
    results.push(await openResult(configuration, round, site));
    if (round === 1) afterFirst = residentBytes(site.pid);
  }
  const grown = (residentBytes(site.pid) - afterFirst) / mib;
  const detail = `${(afterFirst / mib).toFixed(0)} MiB after the first round, ${grown.toFixed(1)} MiB more after the last`;
  return [...results, judged(configuration, 'resident memory', grown <= maxGrowthMib, detail)];
}

async function openResult(configuration: string, round: number, { adminPort, backendPort }: Site): Promise<CaseResult> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const values = gauges.map((name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN));
  const atBackend = Number(await (await fetch(`http://127.0.0.1:${backendPort}/open`)).text());
  const nothing = atBackend === 0 && values.every((value) => value === 0);
  const shown = gauges.map((name, i) => `${name} ${values[i]}`).join(', ');
  return judged(configuration, `left open after round ${round}`, nothing, `${atBackend} at the backend, ${shown}`);
}

function judged(configuration: string, name: string, passed: boolean, detail: string): CaseResult {
  return { configuration, name, outcome: passed ? 'passed' : 'failed', detail };
}
