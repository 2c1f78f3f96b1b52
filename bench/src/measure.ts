import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLoop, percentile } from '@fairlead/e2e';
import type { BenchContext, Sample } from './bench.ts';
import { wrk } from './load/wrk.ts';
import type { Peer } from './peers/peer.ts';
import { cpuSeconds } from './process-tree.ts';
import { requestHost, requestPath, type Site } from './site.ts';
import type { StartedProcess } from './started-process.ts';

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
const warmUpSeconds = 2;
const measuredSeconds = 4;

/** CPU time of the whole process tree for one request, in microseconds, under as much keep-alive load as it takes. */
export async function cpuPerRequest(process: StartedProcess, site: Site): Promise<number> {
  const url = `${site.tls === null ? 'http' : 'https'}://127.0.0.1:${site.port}${requestPath}`;
  const load = { url, host: requestHost, connections };
  await wrk({ ...load, seconds: warmUpSeconds });
  const before = cpuSeconds(process.pid);
  const { requests, failures } = await wrk({ ...load, seconds: measuredSeconds });
  const spent = cpuSeconds(process.pid) - before;
  if (failures > 0 || requests === 0) throw new Error(`${failures} of ${requests} requests failed:\n${process.output}`);
  return (spent / requests) * 1e6;
}

/** At a fixed rate far below what a target can take, so that queues are its own making. */
export async function openLoopLatency(
  target: string,
  variant: string,
  site: Site,
  requestsPerSecond: number,
): Promise<readonly Sample[]> {
  const load = { port: site.port, host: requestHost, path: requestPath, requestsPerSecond };
  await openLoop({ ...load, seconds: 1 });
  await sleep(200);
  const run = await openLoop({ ...load, seconds: 5 });
  const sample = (metric: string, unit: string, value: number): Sample => ({ target, variant, metric, unit, value });
  return [
    sample('latency p50', 'ms', percentile(run.latencies, 50)),
    sample('latency p99', 'ms', percentile(run.latencies, 99)),
    sample('failed', 'requests', run.sent - run.succeeded),
  ];
}
