import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, openLoop, percentile, type StartedProcess } from '@fairlead/e2e';
import type { BenchContext, Sample } from './bench.ts';
import type { LoadRun } from './load/load-run.ts';
import { wrk } from './load/wrk.ts';
import type { Peer } from './peers/peer.ts';
import { requestHost, requestPath, type Site } from './site.ts';

/** Starts a target, hands it over, and stops it whatever happens. */
export async function withTarget<T>(
  peer: Peer,
  site: Site,
  context: BenchContext,
  use: (process: StartedProcess, directory: string) => Promise<T>,
): Promise<T> {
  const directory = join(context.directory, `${peer.name.replace(/\W/g, '-')}-${performance.now().toFixed(3)}`);
  mkdirSync(directory, { recursive: true });
  const process = await peer.start(site, directory);
  try {
    return await use(process, directory);
  } finally {
    await process.stop();
  }
}

const connections = 64;
/** Of one target, before the next has its turn. */
const turnSeconds = 1;

/** A target that runs, with the site it serves. */
export interface Running {
  readonly peer: Peer;
  readonly process: StartedProcess;
  readonly site: Site;
}

/** Starts all of `peers`, each on a port of its own, hands them over, and stops them whatever happens. */
export async function withTargets<T>(
  peers: readonly Peer[],
  site: Site,
  context: BenchContext,
  use: (running: readonly Running[]) => Promise<T>,
  started: readonly Running[] = [],
): Promise<T> {
  const [peer, ...rest] = peers;
  if (peer === undefined) return use(started);
  const own = { ...site, port: site.port + started.length };
  return withTarget(peer, own, context, (process) =>
    withTargets(rest, site, context, use, [...started, { peer, process, site: own }]),
  );
}

/** Loads a running target for about so many seconds. */
export type Load = (target: Running, seconds: number) => Promise<LoadRun>;

const http1KeepAlive: Load = async ({ site }, seconds) => {
  const url = `${site.tls === null ? 'http' : 'https'}://127.0.0.1:${site.port}${requestPath}`;
  return wrk({ url, host: requestHost, connections, seconds });
};

/**
 * CPU time of the whole process tree for one request, in microseconds, under as much load as it takes: HTTP/1.1 with keep-alive unless
 * another is given. The targets take turns of a second: what else goes on in the machine happens to all of them.
 */
export async function cpuPerRequest(
  targets: readonly Running[],
  seconds: number,
  load: Load = http1KeepAlive,
): Promise<ReadonlyMap<Running, number>> {
  const sums = new Map(targets.map((target) => [target, { spent: 0, requests: 0 }]));
  for (const target of targets) await turn(target, Math.min(4, seconds), load);
  for (let i = 0; i < seconds / turnSeconds; i++) {
    for (const [target, sum] of sums) {
      const { spent, requests } = await turn(target, turnSeconds, load);
      sum.spent += spent;
      sum.requests += requests;
    }
  }
  return new Map([...sums].map(([target, { spent, requests }]) => [target, (spent / requests) * 1e6]));
}

async function turn(target: Running, seconds: number, load: Load): Promise<{ spent: number; requests: number }> {
  const { peer, process } = target;
  const before = cpuSeconds(process.pid);
  const { requests, failures } = await load(target, seconds);
  const spent = cpuSeconds(process.pid) - before;
  if (failures === 0 && requests > 0) return { spent, requests };
  throw new Error(`${peer.name}: ${failures} of ${requests} requests failed:\n${process.output}`);
}

const latencyTurns = 5;
const latencyTurnSeconds = 2;

/** At a fixed rate far below what a target can take, so that queues are its own making. The targets take turns, as above. */
export async function openLoopLatency(
  targets: readonly Running[],
  variant: string,
  requestsPerSecond: number,
): Promise<readonly Sample[]> {
  const sums = new Map(targets.map((target) => [target, { latencies: [] as number[], failed: 0 }]));
  for (let i = 0; i <= latencyTurns; i++) {
    for (const [{ site }, sum] of sums) {
      const load = { port: site.port, host: requestHost, path: requestPath, requestsPerSecond };
      const run = await openLoop({ ...load, seconds: latencyTurnSeconds });
      await sleep(100);
      if (i > 0) sum.latencies.push(...run.latencies);
      sum.failed += run.sent - run.succeeded;
    }
  }
  return [...sums].flatMap(([{ peer }, { latencies, failed }]) => {
    latencies.sort((a, b) => a - b);
    const sample = (metric: string, unit: string, value: number): Sample => {
      return { target: peer.name, variant, metric, unit, value };
    };
    return [
      sample('latency p50', 'ms', percentile(latencies, 50)),
      sample('latency p99', 'ms', percentile(latencies, 99)),
      sample('failed', 'requests', failed),
    ];
  });
}
