import { ensureGoTool, loadCpu, StartedProcess } from '@fairlead/e2e';
import { startFastGrpcBackend } from '../backends/nghttpd-backend.ts';
import { type Bench, type BenchContext, isWanted, type Sample } from '../bench.ts';
import { grpcMessage, grpcPath } from '../load/grpc-message.ts';
import { type GrpcLoadOptions, grpcload } from '../load/grpcload.ts';
import { type H2loadShape, h2loadOf } from '../load/h2load.ts';
import { cpuPerRequest, type Load, type Running, withTargets } from '../measure.ts';
import { envoy, fairlead, haproxy, nginx, selected } from '../peers/index.ts';
import {
  fastGrpcBackendPort,
  grpcBackendPort,
  requestHost,
  type Site,
  type SiteRoute,
  simpleSite,
  spreadRoutes,
} from '../site.ts';

const unary = 'unary 8×16';
const goUnary = 'unary 8×16, Go';
const streaming = 'streams 8×16, Go';
const atRate = 'unary at 1000 rps, Go';
const requestsPerSecond = 1_000;
const routes = 501;
const metric = 'CPU per call';

export const grpc: Bench = {
  name: 'grpc',
  summary: 'CPU per gRPC call and message, and latency: h2c in and out, 501 routes, access log on',
  bars: [
    { kind: 'ratio', variant: unary, metric, peer: 'haproxy', max: 0.75 },
    { kind: 'ratio', variant: unary, metric, peer: 'envoy', max: 0.3 },
    { kind: 'value', variant: atRate, metric: 'failed', max: 0 },
  ],
  run: compare,
};

async function compare(context: BenchContext): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const fast = await startFastGrpcBackend(context.directory);
  const go = await startGoServer();
  try {
    for (let round = 1; round <= context.rounds; round++) {
      const peers = selected([fairlead, haproxy, nginx, envoy], context);
      const taken = await withTargets(peers, grpcSite(), context, (targets) => measure(targets, context));
      samples.push(...taken);
      for (const { target, variant, metric, value } of taken) {
        context.progress(`round ${round} of ${context.rounds}: ${variant}: ${target}: ${metric} ${value.toFixed(2)}`);
      }
    }
  } finally {
    await go.stop();
    await fast.stop();
  }
  return samples;
}

async function startGoServer(): Promise<StartedProcess> {
  const program = await ensureGoTool('grpc-interop-server', console.error);
  const started = StartedProcess.start(loadCpu, program, [`--port=${grpcBackendPort}`]);
  await started.listening(grpcBackendPort);
  return started;
}

/** The fast backend's method for what a call costs, gRPC's own server for everything a real one does. */
function grpcSite(): Site {
  const services: readonly SiteRoute[] = [
    { host: requestHost, path: '/grpc.testing.TestService', pool: 'go' },
    { host: requestHost, path: grpcPath.slice(0, grpcPath.lastIndexOf('/')), pool: 'fast' },
  ];
  const others = spreadRoutes(routes - services.length + 1).slice(0, -1);
  return simpleSite([...others.map((route) => ({ ...route, pool: 'fast' })), ...services], {
    downstream: 'http2',
    upstream: 'h2c',
    grpc: true,
    pools: new Map([
      ['fast', [`127.0.0.1:${fastGrpcBackendPort}`]],
      ['go', [`127.0.0.1:${grpcBackendPort}`]],
    ]),
  });
}

/** What gRPC's Go client sends. */
const call: H2loadShape = {
  connections: 8,
  streams: 16,
  headers: ['content-type: application/grpc', 'te: trailers', 'user-agent: grpc-go/1.85.0', 'grpc-timeout: 10S'],
  paths: [grpcPath],
  body: grpcMessage('bob'),
};

async function measure(targets: readonly Running[], context: BenchContext): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const closed = { connections: 8, streams: 16, rps: 0 };
  const loads: readonly (readonly [variant: string, load: Load])[] = [
    [unary, h2loadOf(call, context.directory)],
    [goUnary, goLoad({ ...closed, mode: 'unary' })],
    [streaming, goLoad({ ...closed, mode: 'streaming' })],
  ];
  for (const [variant, load] of loads) {
    if (!isWanted(variant, context)) continue;
    for (const [{ peer }, value] of await cpuPerRequest(targets, context.seconds, load)) {
      samples.push({ target: peer.name, variant, metric, unit: 'µs', value });
    }
  }
  if (!isWanted(atRate, context)) return samples;
  for (const target of targets) samples.push(...(await latency(target, context.seconds)));
  return samples;
}

function goLoad(options: Omit<GrpcLoadOptions, 'seconds'>): Load {
  return async (target, seconds) => {
    const { started, succeeded } = await grpcload(target, { ...options, seconds });
    return { requests: started, failures: started - succeeded };
  };
}

async function latency(target: Running, seconds: number): Promise<readonly Sample[]> {
  const load: GrpcLoadOptions = { mode: 'unary', connections: 8, streams: 16, rps: requestsPerSecond, seconds };
  await grpcload(target, { ...load, seconds: 1 });
  const run = await grpcload(target, load);
  const sample = (metric: string, unit: string, value: number): Sample => {
    return { target: target.peer.name, variant: atRate, metric, unit, value };
  };
  return [
    sample('latency p50', 'ms', run.p50Ms),
    sample('latency p99', 'ms', run.p99Ms),
    sample('failed', 'calls', run.started - run.succeeded),
  ];
}
