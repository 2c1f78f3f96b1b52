import { ensureGoTool, loadCpu, runCommand } from '@fairlead/e2e';
import type { Running } from '../measure.ts';
import { requestHost } from '../site.ts';

export interface GrpcLoadOptions {
  readonly mode: 'unary' | 'streaming';
  readonly connections: number;
  /** Calls at a time on each connection. */
  readonly streams: number;
  readonly seconds: number;
  /** Unary calls at a fixed rate in all; 0 for as many as come back. */
  readonly rps: number;
}

/** As e2e/interop-tools/grpcload prints it: calls, or messages there and back on streams. */
export interface GrpcLoadRun {
  readonly started: number;
  /** With status OK. */
  readonly succeeded: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Calls of gRPC's Go client, to the interop service behind a target. */
export async function grpcload({ site }: Running, options: GrpcLoadOptions): Promise<GrpcLoadRun> {
  const { mode, connections, streams, seconds, rps } = options;
  const program = await ensureGoTool('grpcload', console.error);
  const target = ['-address', `127.0.0.1:${site.port}`, '-authority', requestHost];
  const load = ['-mode', mode, '-connections', String(connections), '-streams', String(streams), '-rps', String(rps)];
  const command = ['-c', String(loadCpu), program, ...target, ...load, '-seconds', String(seconds)];
  const { code, output } = await runCommand('taskset', command, (seconds + 60) * 1_000);
  if (code !== 0) throw new Error(`grpcload failed:\n${output}`);
  return JSON.parse(output) as GrpcLoadRun;
}
