import { setTimeout as sleep } from 'node:timers/promises';
import { openLoop, type StartedProcess } from '@fairlead/e2e';
import { startBackend } from '../backends/nginx-backend.ts';
import type { Bench, BenchContext, Sample } from '../bench.ts';
import { withTarget } from '../measure.ts';
import { ownMetric } from '../metrics.ts';
import { fairlead, selected } from '../peers/index.ts';
import { requestHost, requestPath, type Site, simpleSite } from '../site.ts';

const crashes = 10;
const everyMs = 500;
const requestsPerSecond = 500;

export const crash: Bench = {
  name: 'crash',
  summary: `one of two workers crashes every ${everyMs} ms under ${requestsPerSecond} rps: requests lost, time until another serves`,
  bars: [{ kind: 'value', variant: '', metric: 'replaced after, longest', max: 100 }],
  run: compare,
};

async function compare(context: BenchContext): Promise<readonly Sample[]> {
  const site = simpleSite([{ host: requestHost, path: '/', pool: 'main' }], { accessLog: false, workers: 2 });
  const samples: Sample[] = [];
  const backend = await startBackend(context.directory);
  try {
    for (let round = 1; round <= context.rounds; round++) {
      for (const peer of selected([fairlead], context)) {
        samples.push(...(await withTarget(peer, site, context, (process) => measure(process, site))));
        context.progress(`round ${round} of ${context.rounds}: ${samples.at(-2)!.value.toFixed(1)} ms`);
      }
    }
  } finally {
    await backend.stop();
  }
  return samples;
}

async function measure(process: StartedProcess, site: Site): Promise<readonly Sample[]> {
  const load = { port: site.port, host: requestHost, path: requestPath, requestsPerSecond };
  await openLoop({ ...load, seconds: 1 });
  const running = openLoop({ ...load, seconds: (crashes * everyMs) / 1_000 + 1 });
  for (let i = 0; i < crashes; i++) {
    await sleep(everyMs);
    process.signal('SIGUSR2');
  }
  const run = await running;
  const longestMs = (await ownMetric('fairlead_worker_replacement_max_seconds')) * 1_000;
  const sample = (metric: string, unit: string, value: number): Sample => {
    return { target: fairlead.name, variant: '', metric, unit, value };
  };
  return [
    sample('replaced after, longest', 'ms', longestMs),
    sample('lost per crash', 'requests', (run.sent - run.succeeded) / crashes),
  ];
}
