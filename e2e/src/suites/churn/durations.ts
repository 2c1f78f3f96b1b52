import { percentile } from '../../open-loop.ts';
import type { Figure } from '../checks.ts';

/** Whole milliseconds: the middle, the tail and the worst. */
export function summarize(durationsMs: readonly number[]): {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
} {
  const sorted = [...durationsMs].sort((a, b) => a - b);
  return {
    p50: Math.round(percentile(sorted, 50)),
    p99: Math.round(percentile(sorted, 99)),
    max: Math.round(sorted.at(-1) ?? 0),
  };
}

/** As a figure of a report. */
export function milliseconds(durationsMs: readonly number[]): Figure {
  return { ...summarize(durationsMs), count: durationsMs.length };
}
