import { startBackend } from '../backends/nginx-backend.ts';
import type { Bench, BenchContext, Sample } from '../bench.ts';
import { cpuPerRequest, openLoopLatency, type Running, withTargets } from '../measure.ts';
import { envoy, fairlead, fastifyHttpProxy, haproxy, nginx, selected } from '../peers/index.ts';
import { type Site, simpleSite, spreadRoutes } from '../site.ts';
import { makeCertificate } from '../tls-files.ts';

const routes = 501;
const openLoopRate = 2_000;
const peers = [nginx, fairlead, haproxy, envoy, fastifyHttpProxy];

export const http1: Bench = {
  name: 'http1',
  summary: 'CPU per request and latency: HTTP/1.1 keep-alive, 1 KiB, 501 routes, access log on',
  bars: [
    { kind: 'ratio', variant: '', metric: 'CPU per request', peer: 'nginx', max: 1.5 },
    { kind: 'ratio', variant: '', metric: 'CPU per request', peer: 'envoy', max: 0.5 },
    { kind: 'ratio', variant: '', metric: 'CPU per request', peer: '@fastify/http-proxy', max: 0.3 },
    { kind: 'ratio', variant: '2,000 rps open loop', metric: 'latency p99', peer: 'nginx', max: 1.5 },
    { kind: 'value', variant: '2,000 rps open loop', metric: 'failed', max: 0 },
  ],
  run: (context) => compare(context, simpleSite(spreadRoutes(routes)), true),
};

export const http1Tls: Bench = {
  name: 'http1-tls',
  summary: 'CPU per request: HTTP/1.1 keep-alive over TLS 1.3, 1 KiB, 501 routes, access log on',
  bars: [{ kind: 'ratio', variant: '', metric: 'CPU per request', peer: 'nginx', max: 1.4 }],
  run: (context) =>
    compare(context, simpleSite(spreadRoutes(routes), { tls: makeCertificate(context.directory) }), false),
};

async function compare(context: BenchContext, site: Site, withLatency: boolean): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const backend = await startBackend(context.directory);
  try {
    for (let round = 1; round <= context.rounds; round++) {
      const taken = await withTargets(selected(peers, context), site, context, (targets) =>
        measure(targets, context, withLatency),
      );
      samples.push(...taken);
      const cpu = taken.filter(({ unit }) => unit === 'µs').map(({ target, value }) => `${target} ${value.toFixed(1)}`);
      context.progress(`round ${round} of ${context.rounds}: ${cpu.join(', ')} µs`);
    }
  } finally {
    await backend.stop();
  }
  return samples;
}

async function measure(
  targets: readonly Running[],
  context: BenchContext,
  withLatency: boolean,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const [{ peer }, value] of await cpuPerRequest(targets, context.seconds))
    samples.push({ target: peer.name, variant: '', metric: 'CPU per request', unit: 'µs', value });
  if (!withLatency) return samples;
  samples.push(...(await openLoopLatency(targets, '2,000 rps open loop', openLoopRate)));
  return samples;
}
