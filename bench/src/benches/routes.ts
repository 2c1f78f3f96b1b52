import { residentBytes } from '@fairlead/e2e';
import { startBackend } from '../backends/nginx-backend.ts';
import type { Bar, Bench, BenchContext, Sample } from '../bench.ts';
import { cpuPerRequest, withTarget } from '../measure.ts';
import { envoy, fairlead, haproxy, nginx, selected } from '../peers/index.ts';
import type { Peer } from '../peers/peer.ts';
import { oneHostRoutes, type SiteRoute, simpleSite, spreadRoutes } from '../site.ts';

interface Variant {
  readonly name: string;
  readonly routes: readonly SiteRoute[];
}

const variants: readonly Variant[] = [
  { name: '1 route', routes: spreadRoutes(1) },
  { name: '100 routes', routes: spreadRoutes(100) },
  { name: '5,000 routes', routes: spreadRoutes(5_000) },
  { name: '10,000 routes', routes: spreadRoutes(10_000) },
  { name: '5,000 paths on one host', routes: oneHostRoutes(5_000) },
];

function notDearer(variant: string): Bar {
  return { kind: 'variant', variant, metric: 'CPU per request', base: '1 route', max: 1.1 };
}

export const routes: Bench = {
  name: 'routes',
  summary:
    'CPU per request, memory and start with 1 to 10,000 routes, and 5,000 paths on one host with the last one hit',
  bars: [
    notDearer('10,000 routes'),
    notDearer('5,000 paths on one host'),
    { kind: 'value', variant: '5,000 routes', metric: 'RSS', max: 200 },
    { kind: 'value', variant: '5,000 routes', metric: 'start to ready', max: 3 },
  ],
  run: compare,
};

async function compare(context: BenchContext): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const backend = await startBackend(context.directory);
  try {
    for (let round = 1; round <= context.rounds; round++) {
      for (const variant of variants) {
        for (const peer of selected([fairlead, nginx, haproxy, envoy], context)) {
          const taken = await measure(peer, variant, context);
          samples.push(...taken);
          const text = taken.map((s) => `${s.metric} ${s.value.toFixed(1)} ${s.unit}`).join(', ');
          context.progress(`round ${round} of ${context.rounds}: ${variant.name}: ${peer.name}: ${text}`);
        }
      }
    }
  } finally {
    await backend.stop();
  }
  return samples;
}

async function measure(peer: Peer, variant: Variant, context: BenchContext): Promise<readonly Sample[]> {
  // No log: it grows with the speed of the target and isn't what is compared here.
  const site = simpleSite(variant.routes, { accessLog: false });
  const sample = (metric: string, unit: string, value: number): Sample => {
    return { target: peer.name, variant: variant.name, metric, unit, value };
  };
  const startedMs = performance.now();
  return withTarget(peer, site, context, async (process) => {
    const readySeconds = (performance.now() - startedMs) / 1_000;
    const [cpu] = (await cpuPerRequest([{ peer, process, site }], context.seconds)).values();
    return [
      sample('CPU per request', 'µs', cpu!),
      sample('start to ready', 's', readySeconds),
      sample('RSS', 'MiB', residentBytes(process.pid) / 2 ** 20),
    ];
  });
}
