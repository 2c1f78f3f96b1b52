import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulatedLeases } from '../test/support/simulated-leases.ts';

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 100);

const candidate = fc.record({
  /** Clocks run between so much slower and faster than the server's. */
  rate: fc.double({ min: 0.85, max: 1.15, noNaN: true }),
  offsetMs: fc.integer({ min: 0, max: 10_000_000 }),
});

const trouble = fc.record({
  atMs: fc.integer({ min: 0, max: 120_000 }),
  forMs: fc.integer({ min: 100, max: 40_000 }),
  who: fc.nat(3),
  what: fc.constantFrom('freeze', 'cut', 'lose-answers', 'slow', 'stop'),
});

describe('leader election', () => {
  it('never has two leaders, whatever happens to clocks, messages and processes', async () => {
    let led = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(candidate, { minLength: 2, maxLength: 4 }),
        fc.array(trouble, { maxLength: 8 }),
        fc.integer(),
        async (candidates, troubles, seed) => {
          const world = new SimulatedLeases(candidates, troubles, seed);
          await world.run(150_000);
          expect(world.mostLeaders, world.history.join('\n')).toBeLessThanOrEqual(1);
          led += world.leaders.size;
        },
      ),
      { numRuns: runs, seed: 7 },
    );
    expect(led).toBeGreaterThan(runs);
  });

  it('always has a leader again when the trouble is over', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(candidate, { minLength: 1, maxLength: 4 }),
        fc.array(trouble, { maxLength: 6 }),
        fc.integer(),
        async (candidates, troubles, seed) => {
          const passing = troubles.filter(({ what }) => what !== 'stop');
          const world = new SimulatedLeases(candidates, passing, seed);
          await world.run(240_000);
          expect(world.leading.length, world.history.join('\n')).toBe(1);
        },
      ),
      { numRuns: Math.ceil(runs / 3), seed: 11 },
    );
  });

  it('hands over at once when the leader is stopped', async () => {
    const clocks = [
      { rate: 1, offsetMs: 0 },
      { rate: 1, offsetMs: 5_000_000 },
    ];
    const world = new SimulatedLeases(clocks, [], 3);
    await world.run(10_000);
    const [first] = world.leading;
    world.stop(first!);
    await world.run(14_000);
    expect(world.leading).toEqual([1 - first!]);
  });

  it('takes over from a leader that is gone after 15 s, not before', async () => {
    const clocks = [
      { rate: 1, offsetMs: 0 },
      { rate: 1, offsetMs: 5_000_000 },
    ];
    const world = new SimulatedLeases(clocks, [], 3);
    await world.run(10_000);
    const [first] = world.leading;
    world.trouble({ who: first!, what: 'cut', atMs: 10_000, forMs: 100_000 });
    await world.run(17_500);
    expect(world.leading).toEqual([first]);
    await world.run(22_000);
    expect(world.leading).toEqual([]);
    await world.run(29_000);
    expect(world.leading).toEqual([1 - first!]);
  });
});
