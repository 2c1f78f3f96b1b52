import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTool, loadCpu, runCommand } from '@fairlead/e2e';
import type { Load, Running } from '../measure.ts';
import { requestHost } from '../site.ts';
import type { LoadRun } from './load-run.ts';

export interface H2loadShape {
  readonly connections: number;
  /** Most requests at a time on one connection. */
  readonly streams: number;
  readonly headers: readonly string[];
  /** Asked for in turn. */
  readonly paths: readonly string[];
  /** POSTed when not null; one character per octet. */
  readonly body: string | null;
}

/** Of a target that has not been asked yet, before it is loaded for the time that is wanted: they say how fast it is. */
const firstRequests = 10_000;

/**
 * Closed loop over HTTP/2. h2load is told a number of requests, not a time: only then an answer that never came is missing from its count
 * of statuses. The number follows from what the target did in the stretch before.
 */
export function h2loadOf(shape: H2loadShape, directory: string): Load {
  const requestsPerSecond = new Map<Running, number>();
  return async (target, seconds) => {
    const stretch = async (requests: number): Promise<LoadRun> => {
      const startedMs = performance.now();
      const run = await h2load(target, shape, requests, directory, []);
      requestsPerSecond.set(target, (requests / (performance.now() - startedMs)) * 1_000);
      return run;
    };
    const first = requestsPerSecond.has(target) ? { requests: 0, failures: 0 } : await stretch(firstRequests);
    const rest = await stretch(Math.max(1_000, Math.round(requestsPerSecond.get(target)! * seconds)));
    return { requests: first.requests + rest.requests, failures: first.failures + rest.failures };
  };
}

/** At a fixed rate. Latencies in milliseconds, sorted. */
export async function h2loadAtRate(
  target: Running,
  shape: H2loadShape,
  rps: number,
  seconds: number,
  directory: string,
): Promise<LoadRun & { readonly latencies: readonly number[] }> {
  const log = join(directory, 'h2load.log');
  rmSync(log, { force: true });
  const args = ['--rps', String(rps / shape.connections), '--log-file', log];
  const run = await h2load(target, shape, Math.round(rps * seconds), directory, args);
  // Columns: start in microseconds, status, microseconds to the end of the answer.
  const rows = readFileSync(log, 'utf8').trim().split('\n');
  const latencies = rows.map((row) => Number(row.split('\t')[2]) / 1_000).sort((a, b) => a - b);
  return { ...run, latencies };
}

/** The longest that an answer may be waited for; a run that hangs ends as an error. */
const patienceMs = 120_000;

async function h2load(
  { site }: Running,
  shape: H2loadShape,
  requests: number,
  directory: string,
  more: readonly string[],
): Promise<LoadRun> {
  const base = `${site.tls === null ? 'http' : 'https'}://127.0.0.1:${site.port}`;
  const args = ['-t1', '-n', String(requests), '-c', String(shape.connections), '-m', String(shape.streams), ...more];
  for (const header of [...shape.headers, `:authority: ${requestHost}`]) args.push('-H', header);
  if (shape.body !== null) args.push('-d', fileOf(directory, 'h2load.body', shape.body));
  if (shape.paths.length === 1) args.push(base + shape.paths[0]!);
  else args.push('-i', fileOf(directory, 'h2load.urls', shape.paths.map((path) => `${base}${path}\n`).join('')));
  const command = ['-c', String(loadCpu), ensureTool('h2load', console.error), ...args];
  const { output } = await runCommand('taskset', command, patienceMs);
  const good = /status codes: (\d+) 2xx/.exec(output)?.[1];
  if (good === undefined) throw new Error(`h2load did not end:\n${output.slice(-2_000)}`);
  return { requests, failures: requests - Number(good) };
}

function fileOf(directory: string, name: string, content: string): string {
  const file = join(directory, name);
  writeFileSync(file, content, 'latin1');
  return file;
}
