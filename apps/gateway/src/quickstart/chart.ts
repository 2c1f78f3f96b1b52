import type { BurstResult } from './burst.ts';

const barWidth = 40;

/** One bar per backend, its length the share of requests it got. All `names` are shown, also those that got none. */
export function burstChart({ backends, failed }: BurstResult, names: readonly string[]): string {
  const total = [...backends.values()].reduce((sum, { requests }) => sum + requests, failed);
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => {
    const { requests, meanMs } = backends.get(name) ?? { requests: 0, meanMs: 0 };
    const length = Math.round((requests / total) * barWidth);
    const bar = requests > 0 && length === 0 ? '▏' : '█'.repeat(length);
    const latency = requests === 0 ? '' : `${meanMs.toFixed(1)} ms`.padStart(9);
    return `  ${name.padEnd(width)}  ${bar.padEnd(barWidth)}  ${String(requests).padStart(4)}  ${latency}`.trimEnd();
  });
  return [...lines, `  ${total} requests, ${failed} failed`].join('\n');
}
