import { setTimeout as sleep } from 'node:timers/promises';
import { openLoop, percentile } from '@fairlead/e2e';
import { type Fault, FaultyBackends } from '../backends/faulty-backends.ts';
import type { Bar, Bench, BenchContext, Sample } from '../bench.ts';
import { withTarget } from '../measure.ts';
import { envoy, fairlead, haproxy, nginx, selected } from '../peers/index.ts';
import type { Peer } from '../peers/peer.ts';
import { proxyPort, requestHost, requestPath, type Site, simpleSite } from '../site.ts';

interface Scenario {
  readonly variant: string;
  readonly fault: Fault;
  readonly bad: readonly number[];
  /** Percent of all requests that the bad backend may get; null where that can't be counted or means nothing. */
  readonly maxShare: number | null;
  readonly maxP99Ms: number | null;
}

const scenarios: readonly Scenario[] = [
  { variant: 'failing fast', fault: 'failing', bad: [0], maxShare: 0.1, maxP99Ms: 20 },
  { variant: 'hung', fault: 'hung', bad: [0], maxShare: 0.2, maxP99Ms: 20 },
  { variant: 'killed', fault: 'killed', bad: [0], maxShare: null, maxP99Ms: 20 },
  { variant: '20 × slower', fault: 'slow', bad: [0], maxShare: 1, maxP99Ms: 20 },
  { variant: 'all slow', fault: 'slow', bad: [0, 1, 2, 3], maxShare: null, maxP99Ms: null },
];

const requestsPerSecond = 1_000;
const seconds = 10;

export const badBackend: Bench = {
  name: 'bad-backend',
  summary: 'one of four 5 ms backends goes bad under 1,000 rps open loop: failed requests, p99, its share',
  bars: scenarios.flatMap(bars),
  run: compare,
};

function bars({ variant, maxShare, maxP99Ms }: Scenario): readonly Bar[] {
  return [
    { kind: 'value', variant, metric: 'failed', max: 0 },
    ...(maxP99Ms === null ? [] : [{ kind: 'value' as const, variant, metric: 'latency p99', max: maxP99Ms }]),
    ...(maxShare === null ? [] : [{ kind: 'value' as const, variant, metric: 'share of the bad one', max: maxShare }]),
  ];
}

async function compare(context: BenchContext): Promise<readonly Sample[]> {
  const site = simpleSite([{ host: requestHost, path: '/', pool: 'main' }], {
    pools: new Map([['main', FaultyBackends.addresses]]),
    protect: true,
  });
  const samples: Sample[] = [];
  for (let round = 1; round <= context.rounds; round++) {
    for (const scenario of scenarios) {
      for (const peer of selected([fairlead, nginx, haproxy, envoy], context)) {
        const taken = await measure(peer, site, scenario, context);
        samples.push(...taken);
        const text = taken.map((s) => `${s.metric} ${s.value.toFixed(2)}`).join(', ');
        context.progress(`round ${round} of ${context.rounds}: ${scenario.variant}: ${peer.name}: ${text}`);
      }
    }
  }
  return samples;
}

async function measure(peer: Peer, site: Site, scenario: Scenario, context: BenchContext): Promise<readonly Sample[]> {
  const backends = await FaultyBackends.start();
  try {
    return await withTarget(peer, site, context, async () => {
      const load = { port: proxyPort, host: requestHost, path: requestPath, requestsPerSecond };
      await openLoop({ ...load, seconds: 2 });
      const running = openLoop({ ...load, seconds });
      await sleep(100);
      await backends.ask({ become: { backends: scenario.bad, fault: scenario.fault }, resetHits: true });
      const run = await running;
      const { hits } = await backends.ask({});
      const sample = (metric: string, unit: string, value: number): Sample => {
        return { target: peer.name, variant: scenario.variant, metric, unit, value };
      };
      return [
        sample('failed', 'requests', run.sent - run.succeeded),
        sample('latency p99', 'ms', percentile(run.latencies, 99)),
        ...(scenario.maxShare === null ? [] : [sample('share of the bad one', '%', (hits[0]! / run.sent) * 100)]),
      ];
    });
  } finally {
    await backends.stop();
  }
}
