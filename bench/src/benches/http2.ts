import { percentile } from '@fairlead/e2e';
import { startBackend } from '../backends/nginx-backend.ts';
import { type Bar, type Bench, type BenchContext, isWanted, type Sample } from '../bench.ts';
import { browserHeaders } from '../load/browser-headers.ts';
import { type H2loadShape, h2loadAtRate, h2loadOf } from '../load/h2load.ts';
import { cpuPerRequest, type Load, type Running, withTargets } from '../measure.ts';
import { envoy, fairlead, haproxy, nginx, selected } from '../peers/index.ts';
import type { Peer } from '../peers/peer.ts';
import { backendPort, h2cBackendPort, requestPath, type Site, simpleSite, spreadRoutes } from '../site.ts';
import { makeCertificate } from '../tls-files.ts';

/** What is spoken on both sides. */
interface Combination {
  readonly name: string;
  readonly downstream: Site['downstream'];
  readonly upstream: Site['upstream'];
  readonly tls: boolean;
  readonly shapes: readonly Shape[];
  /** Whether latency is measured, at a fixed rate. */
  readonly atRate: boolean;
  /** Most CPU per request, × each peer. */
  readonly max: Readonly<Record<string, number>>;
}

/** Null: HTTP/1.1 keep-alive on 64 connections. */
interface Shape {
  readonly name: string;
  readonly h2load: H2loadShape | null;
}

const kib = 'x'.repeat(1_024);
const fourThousandPaths = Array.from({ length: 4_000 }, (_, i) => `/api/v1/items/${(i * 7_919) % 100_003}?limit=${i}`);
const get: H2loadShape = { connections: 8, streams: 16, headers: browserHeaders, paths: [requestPath], body: null };

const shapes: readonly Shape[] = [
  { name: 'GET 8×16', h2load: get },
  { name: 'GET 1×100', h2load: { ...get, connections: 1, streams: 100 } },
  { name: 'POST 8×16', h2load: { ...get, body: kib } },
  { name: '4000 URLs 8×16', h2load: { ...get, paths: fourThousandPaths } },
];

const plain = { haproxy: 1.25, nginx: 0.6, envoy: 0.35 };
const combinations: readonly Combination[] = [
  { name: 'h2→h1', downstream: 'http2', upstream: 'http1', tls: false, shapes, atRate: true, max: plain },
  { name: 'h2→h2c', downstream: 'http2', upstream: 'h2c', tls: false, shapes, atRate: true, max: plain },
  {
    name: 'h1→h2c',
    downstream: 'http1',
    upstream: 'h2c',
    tls: false,
    shapes: [{ name: 'GET 64', h2load: null }],
    atRate: false,
    max: {},
  },
  {
    name: 'h2 TLS→h1',
    downstream: 'http2',
    upstream: 'http1',
    tls: true,
    shapes: shapes.slice(0, 1),
    atRate: true,
    max: { haproxy: 1.25 },
  },
];

const routes = 501;
const openLoopRate = 2_000;
const metric = 'CPU per request';

export const http2: Bench = {
  name: 'http2',
  summary: 'CPU per request and latency: HTTP/2 in and out, 1 KiB, 501 routes, access log on',
  bars: combinations.flatMap(barsOf),
  run: compare,
};

function barsOf(combination: Combination): readonly Bar[] {
  const cpu = combination.shapes.flatMap((shape): readonly Bar[] => {
    const variant = variantOf(combination, shape);
    return Object.entries(combination.max).map(([peer, max]) => ({ kind: 'ratio', variant, metric, peer, max }));
  });
  const failed: Bar = { kind: 'value', variant: rateVariantOf(combination), metric: 'failed', max: 0 };
  return combination.atRate ? [...cpu, failed] : cpu;
}

function variantOf(combination: Combination, shape: Shape): string {
  return `${combination.name} ${shape.name}`;
}

function rateVariantOf({ name }: Combination): string {
  return `${name} at 2000 rps`;
}

async function compare(context: BenchContext): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const backend = await startBackend(context.directory);
  try {
    for (let round = 1; round <= context.rounds; round++) {
      for (const combination of combinations) samples.push(...(await compareOne(combination, round, context)));
    }
  } finally {
    await backend.stop();
  }
  return samples;
}

async function compareOne(combination: Combination, round: number, context: BenchContext): Promise<readonly Sample[]> {
  const shapes = combination.shapes.filter((shape) => isWanted(variantOf(combination, shape), context));
  const atRate = combination.atRate && isWanted(rateVariantOf(combination), context);
  if (shapes.length === 0 && !atRate) return [];
  return withTargets(peersFor(combination, context), siteFor(combination, context), context, async (targets) => {
    const samples: Sample[] = [];
    for (const shape of shapes) {
      const taken = await measureCpu(targets, variantOf(combination, shape), shape, context);
      samples.push(...taken);
      const figures = taken.map(({ target, value }) => `${target} ${value.toFixed(1)}`).join(', ');
      context.progress(`round ${round} of ${context.rounds}: ${variantOf(combination, shape)}: ${figures} µs`);
    }
    if (!atRate) return samples;
    for (const target of targets) samples.push(...(await measureLatency(target, rateVariantOf(combination), context)));
    return samples;
  });
}

async function measureCpu(
  targets: readonly Running[],
  variant: string,
  shape: Shape,
  context: BenchContext,
): Promise<readonly Sample[]> {
  const load: Load | undefined = shape.h2load === null ? undefined : h2loadOf(shape.h2load, context.directory);
  const measured = await cpuPerRequest(targets, context.seconds, load);
  return [...measured].map(([{ peer }, value]) => ({ target: peer.name, variant, metric, unit: 'µs', value }));
}

async function measureLatency(target: Running, variant: string, context: BenchContext): Promise<readonly Sample[]> {
  await h2loadAtRate(target, get, openLoopRate, 1, context.directory);
  const run = await h2loadAtRate(target, get, openLoopRate, context.seconds, context.directory);
  const sample = (metric: string, unit: string, value: number): Sample => {
    return { target: target.peer.name, variant, metric, unit, value };
  };
  return [
    sample('latency p50', 'ms', percentile(run.latencies, 50)),
    sample('latency p99', 'ms', percentile(run.latencies, 99)),
    sample('failed', 'requests', run.failures),
  ];
}

function siteFor({ downstream, upstream, tls }: Combination, { directory }: BenchContext): Site {
  const port = upstream === 'h2c' ? h2cBackendPort : backendPort;
  const pools = new Map([['main', [`127.0.0.1:${port}`]]]);
  return simpleSite(spreadRoutes(routes), {
    downstream,
    upstream,
    pools,
    tls: tls ? makeCertificate(directory) : null,
  });
}

/** nginx has no HTTP/2 upstreams but for gRPC: it is measured with the HTTP/1.1 port of the same backend. */
function peersFor({ upstream }: Combination, context: BenchContext): readonly Peer[] {
  const peers = upstream === 'h2c' ? [fairlead, haproxy, nginxOverHttp1, envoy] : [fairlead, haproxy, nginx, envoy];
  return selected(peers, context);
}

const nginxOverHttp1: Peer = {
  name: nginx.name,
  start(site, directory) {
    const pools = new Map([['main', [`127.0.0.1:${backendPort}`]]]);
    return nginx.start({ ...site, upstream: 'http1', pools }, directory);
  },
};
