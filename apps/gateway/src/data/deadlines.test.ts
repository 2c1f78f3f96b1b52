import { describe, expect, it } from 'vitest';
import { sweepIntervalMs } from './deadlines.ts';

describe('sweepIntervalMs', () => {
  it.each([
    [Number.POSITIVE_INFINITY, 100],
    [60_000, 100],
    [500, 100],
    [100, 20],
    [1, 5],
  ])('keeps a time of %i ms by sweeping every %i ms', (shortestMs, intervalMs) => {
    expect(sweepIntervalMs(shortestMs)).toBe(intervalMs);
  });
});
