import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLoop, percentile, type StartedProcess } from '@fairlead/e2e';
import { startBackend } from '../backends/nginx-backend.ts';
import type { Bench, BenchContext, Sample } from '../bench.ts';
import { withTarget } from '../measure.ts';
import { ownMetric } from '../metrics.ts';
import { fairlead, nginx, selected } from '../peers/index.ts';
import type { Peer } from '../peers/peer.ts';
import { requestHost, requestPath, type Site, type SiteRoute, simpleSite, spreadRoutes } from '../site.ts';

const routeCount = 5_000;
/** A hundredth of them may be slow: the first, which meets code that has not run yet, among them. */
const edits = 200;
const everyMs = 200;
/** Quiet time that a directory source waits for before it reads a change. */
const debounceMs = 20;
const requestsPerSecond = 500;
const versionHeader = 'x-version';

export const reload: Bench = {
  name: 'reload',
  summary: 'one of 5,000 routes edited every 200 ms under 500 rps open loop: errors, time to live, stall of the worker',
  bars: [
    { kind: 'value', variant: '', metric: 'failed', max: 0 },
    { kind: 'value', variant: '', metric: 'live after p50', max: 30 },
    { kind: 'value', variant: '', metric: 'live after p99', max: 100 },
    { kind: 'value', variant: '', metric: 'longest apply', max: 10 },
  ],
  run: compare,
};

async function compare(context: BenchContext): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const backend = await startBackend(context.directory);
  try {
    for (let round = 1; round <= context.rounds; round++) {
      for (const peer of selected([fairlead, nginx], context)) {
        const taken = await withTarget(peer, siteOf(0), context, (process, directory) =>
          measure(peer, process, directory),
        );
        samples.push(...taken);
        const text = taken.map((s) => `${s.metric} ${s.value.toFixed(1)} ${s.unit}`).join(', ');
        context.progress(`round ${round} of ${context.rounds}: ${peer.name}: ${text}`);
      }
    }
  } finally {
    await backend.stop();
  }
  return samples;
}

const others: readonly SiteRoute[] = spreadRoutes(routeCount).slice(0, -1);

function siteOf(version: number): Site {
  const edited = {
    host: requestHost,
    path: '/api/v1',
    pool: 'main',
    responseHeader: [versionHeader, String(version)] as const,
  };
  return simpleSite([...others, edited], { accessLog: false });
}

async function measure(peer: Peer, process: StartedProcess, directory: string): Promise<readonly Sample[]> {
  const load = { port: siteOf(0).port, host: requestHost, path: requestPath, requestsPerSecond };
  await openLoop({ ...load, seconds: 1 });
  const running = openLoop({ ...load, seconds: (edits * everyMs) / 1_000 + 1 });
  const lives: number[] = [];
  for (let version = 1; version <= edits; version++) {
    const nextMs = performance.now() + everyMs;
    await peer.reload!(siteOf(version), directory, process);
    lives.push((await untilLive(load.port, version)) - debounceMs);
    await sleep(Math.max(0, nextMs - performance.now()));
  }
  const run = await running;
  lives.sort((a, b) => a - b);
  const sample = (metric: string, unit: string, value: number): Sample => {
    return { target: peer.name, variant: '', metric, unit, value };
  };
  return [
    sample('failed', 'requests', run.sent - run.succeeded),
    sample('live after p50', 'ms', percentile(lives, 50)),
    sample('live after p99', 'ms', percentile(lives, 99)),
    ...(peer.name === fairlead.name
      ? [sample('longest apply', 'ms', (await ownMetric('fairlead_worker_update_max_seconds')) * 1_000)]
      : []),
  ];
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Asking without a pause would take the processor from the target's other thread. */
const pollMs = 2;

/** Milliseconds until an answer shows `version`. */
async function untilLive(port: number, version: number): Promise<number> {
  const startedMs = performance.now();
  while (performance.now() - startedMs < 10_000) {
    if ((await servedVersion(port)) === String(version)) return performance.now() - startedMs;
    await sleep(pollMs);
  }
  throw new Error(`version ${version} was not served within 10 s`);
}

async function servedVersion(port: number): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ agent, port, host: '127.0.0.1', path: requestPath, headers: { host: requestHost } });
    request.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.headers[versionHeader])));
    });
    // nginx closes connections at every reload; the load counts what that costs.
    request.on('error', () => resolve(''));
  });
}
