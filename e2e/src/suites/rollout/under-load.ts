import { setTimeout as sleep } from 'node:timers/promises';
import { type OpenLoopRun, openLoop, percentile } from '../../open-loop.ts';
import { markdownTable } from '../charts/markdown-table.ts';
import { sum, type Target } from '../clients/one-connection.ts';
import type { SuiteContext } from '../suite.ts';
import type { Scenario } from './scenario.ts';

export interface LoadResult {
  readonly scenario: string;
  readonly run: OpenLoopRun;
}

const requestsPerSecond = 200;
const path = '/delay/5';
const quietMs = 3_000;
const limitSeconds = 600;

/** Lets it happen under open-loop load, with some quiet before and after, and judges what clients noticed. */
export async function underLoad(
  { checks }: SuiteContext,
  { name, mayLoseInFlight }: Scenario,
  target: Target,
  act: () => Promise<void>,
): Promise<LoadResult> {
  const end = new AbortController();
  const running = openLoop({ ...target, path, requestsPerSecond, seconds: limitSeconds, signal: end.signal });
  try {
    await sleep(quietMs);
    await act();
    await sleep(quietMs);
  } finally {
    end.abort();
  }
  const run = await running;
  const failed = sum(run.failures.values());
  const allowed = mayLoseInFlight ? run.mostInFlight : 0;
  checks.figure(name, { sent: run.sent, failed, p99Ms: Math.round(percentile(run.latencies, 99)) });
  checks.expect(`${name}: at most ${allowed} of ${run.sent} requests fail`, failed <= allowed, failuresOf(run));
  return { scenario: name, run };
}

export function loadTable(results: readonly LoadResult[]): string {
  return markdownTable(
    ['scenario', 'sent', 'failed', 'p50', 'p99', 'most in flight'],
    results.map(({ scenario, run }) => [
      scenario,
      String(run.sent),
      failuresOf(run),
      `${percentile(run.latencies, 50).toFixed(1)} ms`,
      `${percentile(run.latencies, 99).toFixed(1)} ms`,
      String(run.mostInFlight),
    ]),
  );
}

function failuresOf({ failures }: OpenLoopRun): string {
  if (failures.size === 0) return '0';
  const reasons = [...failures].map(([reason, count]) => `${count} × ${reason}`);
  return `${sum(failures.values())} (${reasons.join(', ')})`;
}
