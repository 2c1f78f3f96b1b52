import { describe, expect, it } from 'vitest';
import { summarize } from './durations.ts';
import { inParallel } from './in-parallel.ts';

describe('summarize', () => {
  it('takes unsorted durations', () => {
    const durations = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(summarize(durations)).toEqual({ p50: 51, p99: 100, max: 100 });
  });

  it('is 0 of nothing', () => {
    expect(summarize([])).toEqual({ p50: 0, p99: 0, max: 0 });
  });
});

describe('inParallel', () => {
  it('runs each once and no more at a time than told', async () => {
    let open = 0;
    let most = 0;
    const done: number[] = [];
    await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 2));
      open--;
      done.push(item);
    });
    expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(most).toBe(3);
  });

  it('throws after the others have ended', async () => {
    let ended = 0;
    const run = inParallel([1, 2, 3], 3, async (item) => {
      if (item === 1) throw new Error('first');
      await new Promise((resolve) => setTimeout(resolve, 5));
      ended++;
    });
    await expect(run).rejects.toThrow('first');
    expect(ended).toBe(2);
  });
});
