import { ensureTool, loadCpu, runCommand } from '@fairlead/e2e';
import { browserHeaders } from './browser-headers.ts';
import type { LoadRun } from './load-run.ts';

export interface WrkOptions {
  readonly url: string;
  /** Sent as Host. */
  readonly host: string;
  readonly connections: number;
  readonly seconds: number;
}

/** Closed loop: as fast as the target answers. Good for CPU per request, not for latency. */
export async function wrk(options: WrkOptions): Promise<LoadRun> {
  const { url, host, connections, seconds } = options;
  const sent = [...browserHeaders, `Host: ${host}`].flatMap((header) => ['-H', header]);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, ...sent, url];
  const pinned = ['-c', String(loadCpu), ensureTool('wrk', console.error), ...args];
  const { code, output } = await runCommand('taskset', pinned, (seconds + 30) * 1_000);
  if (code !== 0) throw new Error(`wrk failed:\n${output}`);
  const count = (pattern: RegExp): number => Number(pattern.exec(output)?.[1] ?? 0);
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output);
  const broken = socketErrors === null ? 0 : socketErrors.slice(1).reduce((sum, n) => sum + Number(n), 0);
  return { requests: count(/(\d+) requests in/), failures: count(/Non-2xx or 3xx responses: (\d+)/) + broken };
}
