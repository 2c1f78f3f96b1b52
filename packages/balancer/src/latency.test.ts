import { describe, expect, test } from 'vitest';
import { decayMs, endCold, estimateMs, observe, observePeak, setEstimate } from './latency.ts';
import { createStats } from './pool-fixture.ts';

const poolMeanMs = 5;
const seedMs = 6;

function estimate(stats: ReturnType<typeof createStats>, nowMs: number): number {
  return estimateMs(stats, 0, nowMs, poolMeanMs, seedMs);
}

/** Of endpoints whose first answers are long ago. */
function warmStats(): ReturnType<typeof createStats> {
  const stats = createStats();
  endCold(stats, 0);
  return stats;
}

describe('peak EWMA', () => {
  test('an endpoint that was never measured is taken for a typical one', () => {
    expect(estimate(createStats(), 100)).toBe(seedMs);
  });

  test('keeps fractions of a millisecond', () => {
    const stats = createStats();
    observe(stats, 0, 0.137, 100);
    expect(estimate(stats, 100)).toBe(0.137);
  });

  test('of the first answers the best counts, of those after them the worst', () => {
    const stats = createStats();
    for (const sampleMs of [80, 5, 20, 6]) observe(stats, 0, sampleMs, 100);
    expect(estimate(stats, 100)).toBe(5);
    observe(stats, 0, 20, 101);
    expect(estimate(stats, 101)).toBe(20);
  });

  test('a worse sample is believed at once, a better one over time', () => {
    const stats = warmStats();
    observe(stats, 0, 5, 100);
    observe(stats, 0, 50, 200);
    expect(estimate(stats, 200)).toBe(50);
    observe(stats, 0, 5, 300);
    expect(estimate(stats, 300)).toBeGreaterThan(49);
    observe(stats, 0, 5, 300 + decayMs);
    expect(estimate(stats, 300 + decayMs)).toBeCloseTo(5 + 45 * Math.exp(-1) * Math.exp(-0.01), 1);
  });

  test('many good samples forgive no faster than time', () => {
    const stats = warmStats();
    observe(stats, 0, 50, 1_000);
    for (let nowMs = 1_001; nowMs <= 1_000 + decayMs; nowMs++) observe(stats, 0, 5, nowMs);
    expect(estimate(stats, 1_000 + decayMs)).toBeCloseTo(5 + 45 * Math.exp(-1), 1);
  });

  test('a spike is forgotten in silence, down to the mean of the pool', () => {
    const stats = warmStats();
    for (let i = 0; i < 50; i++) observe(stats, 0, 5, 100 + i);
    observePeak(stats, 0, 80, 200);
    expect(estimate(stats, 200 + decayMs)).toBeCloseTo(5 + 75 * Math.exp(-1), 5);
    expect(estimate(stats, 200 + 100 * decayMs)).toBeCloseTo(poolMeanMs, 5);
  });

  test('an endpoint that is slow on average stays so however long it is left alone', () => {
    const stats = warmStats();
    for (let i = 0; i < 50; i++) observe(stats, 0, 100, 100 + i);
    expect(estimate(stats, 1e9)).toBeGreaterThan(99);
  });

  test('one faster than the pool does not become slower by silence', () => {
    const stats = warmStats();
    observe(stats, 0, 2, 100);
    expect(estimate(stats, 1e9)).toBe(2);
  });

  test('a clock that is a hair behind another thread does no harm', () => {
    const stats = warmStats();
    observe(stats, 0, 10, 100);
    observe(stats, 0, 5, 99.9);
    expect(estimate(stats, 99.8)).toBe(10);
  });

  test('an estimate can be replaced', () => {
    const stats = warmStats();
    observe(stats, 0, 100, 100);
    setEstimate(stats, 0, 7, 200);
    expect(estimate(stats, 200)).toBe(7);
  });
});
