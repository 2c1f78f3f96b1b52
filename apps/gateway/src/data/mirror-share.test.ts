import { expect, it } from 'vitest';
import { MirrorShare } from './mirror-share.ts';

it.each([
  [1, 1, 10],
  [0, 100, 0],
  [50, 100, 5],
  [3, 10, 3],
])('%i of %i is %i of ten, spread evenly', (numerator, denominator, taken) => {
  const share = new MirrorShare({ type: 'requestMirror', backend: 'b', numerator, denominator });
  const turns = Array.from({ length: 10 }, () => share.take());
  expect(turns.filter(Boolean).length).toBe(taken);
  const half = turns.slice(0, 5).filter(Boolean).length;
  expect(Math.abs(half - taken / 2)).toBeLessThanOrEqual(1);
});
