import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MirrorShare } from './mirror-share.ts';

const mirror = (numerator: number, denominator: number) =>
  ({ type: 'requestMirror', backend: 'b', numerator, denominator }) as const;

it('takes exactly its share of every stretch, whatever chance says', () => {
  const fraction = fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 20 }));
  const chance = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(fraction, chance, ([numerator, denominator], numbers) => {
      fc.pre(numerator <= denominator);
      let at = 0;
      const share = new MirrorShare(mirror(numerator, denominator), () => numbers[at++ % numbers.length]!);
      for (let stretch = 0; stretch < 3; stretch++) {
        const turns = Array.from({ length: denominator }, () => share.take());
        expect(turns.filter(Boolean).length).toBe(numerator);
      }
    }),
  );
});

it('does not keep step with anything', () => {
  const share = new MirrorShare(mirror(50, 100));
  const even = Array.from({ length: 4_000 }, () => share.take()).filter((taken, i) => taken && i % 2 === 0);
  expect(even.length).toBeGreaterThan(800);
  expect(even.length).toBeLessThan(1_200);
});
