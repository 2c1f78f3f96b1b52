import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeightedSequence } from './weights.ts';

function counts(sequence: WeightedSequence, indexes: number, start: number, turns: number): number[] {
  const found = new Array<number>(indexes).fill(0);
  for (let turn = start; turn < start + turns; turn++) found[sequence.at(turn)]!++;
  return found;
}

describe('WeightedSequence', () => {
  it.each([
    [[1], [0, 0, 0]],
    [
      [1, 1],
      [0, 1, 0, 1],
    ],
    [
      [5, 5],
      [0, 1, 0, 1],
    ],
    [
      [0, 7],
      [1, 1],
    ],
  ])('%j', (weights, want) => {
    const sequence = new WeightedSequence(weights);
    expect(want.map((_, turn) => sequence.at(turn))).toEqual(want);
  });

  it('has no turn without weights', () => {
    expect(new WeightedSequence([]).at(3)).toBe(-1);
    expect(new WeightedSequence([0, 0]).at(3)).toBe(-1);
  });

  it('is exact over any window of its period', () => {
    const someWeights = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(someWeights, fc.nat(1_000_000), (weights, start) => {
        const sequence = new WeightedSequence(weights);
        const factor = weights.reduce((sum, weight) => sum + weight) / sequence.period;
        expect(counts(sequence, weights.length, start, sequence.period)).toEqual(
          weights.map((weight) => weight / factor),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('stays within a few turns of each share in any shorter window, also for the largest weights', () => {
    const someWeights = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 2, maxLength: 16 });
    fc.assert(
      fc.property(someWeights, fc.nat(2 ** 31), (weights, start) => {
        const total = weights.reduce((sum, weight) => sum + weight);
        const found = counts(new WeightedSequence(weights), weights.length, start, 500);
        for (const [i, count] of found.entries()) expect(Math.abs(count - (500 * weights[i]!) / total)).toBeLessThan(8);
      }),
      { numRuns: 200 },
    );
  });

  it('is exact over a whole period of weights of a million', () => {
    const weights = Array.from({ length: 3 }, (_, i) => 1_000_000 - (i % 2));
    const sequence = new WeightedSequence(weights);
    expect(counts(sequence, 3, 0, sequence.period)).toEqual(weights);
  });

  it('takes a counter that wraps: -1 comes before 0', () => {
    const sequence = new WeightedSequence([1, 3]);
    expect(sequence.at(-1)).toBe(sequence.at(2 ** 32 - 1));
    expect(counts(sequence, 2, -4, 8)).toEqual([2, 6]);
  });

  it('scales down what would leave exact arithmetic', () => {
    const sequence = new WeightedSequence([2 ** 40 + 1, 2 ** 40, 1]);
    expect(sequence.period).toBeLessThan(2 ** 26);
    const [a, b, c] = counts(sequence, 3, 0, 1_000);
    expect([a, b, c].map((count) => Math.round(count! / 100))).toEqual([5, 5, 0]);
  });
});
