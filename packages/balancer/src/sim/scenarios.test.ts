import { describe, expect, test } from 'vitest';
import { reportOf, tableHead } from './report.ts';
import { type Played, scenarios } from './scenarios.ts';
import { hits, type Summary, summarise } from './summary.ts';

// The bars of `npm run bench -- bad-backend`, in simulated time, each over several seeds.

const seeds = [1, 2, 3];

function play(name: string, seed: number): Played & { readonly summary: Summary } {
  const scenario = scenarios.find((candidate) => candidate.name === name)!;
  const played = scenario.play({ seed, policy: 'p2c-peak-ewma' });
  return { ...played, summary: summarise(played.simulation, played.fromMs, played.toMs) };
}

/** Share of the hits that an endpoint got in the seconds [from, to) of the counted time. */
function shareIn({ simulation, fromMs }: Played, backend: number, from: number, to: number): number {
  const counts = simulation.backends.map((each) => hits(each, fromMs + from * 1_000, fromMs + to * 1_000));
  return counts[backend]! / counts.reduce((sum, count) => sum + count, 0);
}

describe.each([
  { name: 'failing fast', maxShare: 0.001, maxP99Ms: 20 },
  { name: 'hung', maxShare: 0.002, maxP99Ms: 20 },
  { name: 'killed', maxShare: 0.001, maxP99Ms: 20 },
  { name: '20 × slower', maxShare: 0.005, maxP99Ms: 20 },
  { name: 'two of four slow', maxShare: 0.005, maxP99Ms: 20 },
  { name: 'sparse, slow', maxShare: 0.01, maxP99Ms: 130 },
  { name: 'sparse, hung', maxShare: 0.01, maxP99Ms: 20 },
])('one bad endpoint: $name', ({ name, maxShare, maxP99Ms }) => {
  test.each(seeds)('loses its traffic and no request fails (seed %i)', (seed) => {
    const { summary } = play(name, seed);
    expect(summary.failed).toBe(0);
    expect(summary.shares[0]).toBeLessThanOrEqual(maxShare);
    expect(summary.p99Ms).toBeLessThanOrEqual(maxP99Ms);
  });
});

test('one slow endpoint costs no more in two minutes than it must to see it recover', () => {
  const { summary } = play('slow for long', 1);
  expect(summary.failed).toBe(0);
  expect(summary.shares[0]).toBeLessThanOrEqual(0.001);
});

describe('this gateway stands still now and then', () => {
  test.each(seeds)('and still knows which endpoint is slow (seed %i)', (seed) => {
    const { summary } = play('slow, and we stall', seed);
    expect(summary.failed).toBe(0);
    expect(summary.shares[0]).toBeLessThan(0.01);
  });

  test.each(seeds)('and blames nobody (seed %i)', (seed) => {
    const { summary, simulation } = play('we stall', seed);
    expect(summary.failed).toBe(0);
    expect(simulation.backends.map(({ row }) => simulation.stats.ejections(row))).toEqual([0, 0, 0, 0]);
    expect(Math.max(...summary.shares)).toBeLessThan(0.35);
  });
});

describe('all of them bad', () => {
  test.each(['all slow', 'all stall'])('%s: nothing is refused, nobody ejected', (name) => {
    for (const seed of seeds) {
      const { summary, simulation } = play(name, seed);
      expect([summary.failed, summary.refused]).toEqual([0, 0]);
      expect(simulation.backends.map(({ row }) => simulation.stats.ejections(row))).toEqual([0, 0, 0, 0]);
    }
  });

  test('failing: all are still tried, and work again as soon as they do', () => {
    const { simulation, fromMs, summary } = play('all failing', 1);
    expect(summary.refused).toBe(0);
    const later = summarise(simulation, fromMs + 2_100, fromMs + 30_000);
    expect(later.failed).toBe(0);
  });
});

describe('an endpoint that comes', () => {
  test.each(seeds)('new, gets its fair share within 2 s and is not flooded (seed %i)', (seed) => {
    const played = play('newcomer', seed);
    expect(shareIn(played, 4, 0, 0.5)).toBeLessThan(0.1);
    expect(shareIn(played, 4, 2, 10)).toBeGreaterThan(0.15);
    expect(shareIn(played, 4, 5, 20)).toBeLessThan(0.3);
    expect(played.simulation.backends[4]!.maxInFlight).toBeLessThanOrEqual(
      Math.max(...played.simulation.backends.slice(0, 4).map((backend) => backend.maxInFlight)) + 2,
    );
    expect(played.summary.failed).toBe(0);
  });

  test.each(seeds)('recovered, is ramped up after its ejection (seed %i)', (seed) => {
    const played = play('recovering', seed);
    expect(shareIn(played, 0, 1, 9.9)).toBe(0);
    expect(shareIn(played, 0, 10, 10.5)).toBeLessThan(0.1);
    expect(shareIn(played, 0, 16, 30)).toBeGreaterThan(0.15);
    expect(played.summary.failed).toBe(0);
  });

  test.each(seeds)('no longer slow, is back within seconds (seed %i)', (seed) => {
    const played = play('slow, then well', seed);
    expect(shareIn(played, 0, 0, 10)).toBeLessThan(0.002);
    expect(shareIn(played, 0, 20, 30)).toBeGreaterThan(0.15);
  });
});

test('a simulation is the same for the same seed, and nothing is left in flight', () => {
  const [first, second, other] = [play('hung', 7), play('hung', 7), play('hung', 8)];
  expect(second.simulation.requests).toEqual(first.simulation.requests);
  expect(other.simulation.requests).not.toEqual(first.simulation.requests);
  const open = first.simulation.requests.filter(({ status }) => status === 'open').length;
  expect(first.simulation.inFlight()).toBe(open);
});

test('the report shows every scenario on lines of its own', () => {
  const scenario = scenarios[0]!;
  const text = reportOf(scenario, scenario.play({ seed: 1, policy: 'random' }));
  expect(tableHead()).toContain('p99 ms');
  expect(text.split('\n')).toHaveLength(3);
  expect(text).toMatch(/^failing fast +\d+ +0 /);
});
