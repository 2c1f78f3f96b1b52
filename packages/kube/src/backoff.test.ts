import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff, pause } from './backoff.ts';
import { KubeApiError } from './kube-error.ts';

const timing = { firstMs: 100, maxUnreachableMs: 1_000, maxRefusedMs: 10_000 };
const error = (status: number, retryAfterMs: number | null = null) =>
  new KubeApiError(status, 'Test', 'test', retryAfterMs);

describe('Backoff', () => {
  it('doubles up to the bound of what went wrong, and begins anew after success', () => {
    const backoff = new Backoff(timing, () => 1);
    const waits = (status: number, count: number) => Array.from({ length: count }, () => backoff.nextMs(error(status)));
    expect(waits(0, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(waits(503, 9)).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
    expect(waits(0, 1)).toEqual([1_000]);
    backoff.reset();
    expect(waits(503, 1)).toEqual([100]);
  });

  it('waits between half and all of it, at least what the server asks for, and never for ever', () => {
    const property = fc.property(
      fc.array(fc.record({ status: fc.constantFrom(0, 403, 429, 500), asked: fc.option(fc.nat(200_000)) })),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (failures, chance) => {
        const backoff = new Backoff(timing, () => chance);
        for (const { status, asked } of failures) {
          const waitMs = backoff.nextMs(error(status, asked));
          expect(waitMs).toBeGreaterThanOrEqual(Math.max(50, Math.min(asked ?? 0, 60_000)));
          expect(waitMs).toBeLessThanOrEqual(Math.max(10_000, 60_000 + 5_000));
        }
      },
    );
    fc.assert(property, { seed: 1, numRuns: 200 });
  });

  it('is over at once when nobody waits any more', async () => {
    const stop = new AbortController();
    const startMs = performance.now();
    setTimeout(() => stop.abort(), 10);
    await pause(10_000, stop.signal);
    await pause(10_000, stop.signal);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });
});
