import { describe, expect, test } from 'vitest';
import type { EndpointPool } from './endpoint-pool.ts';
import type { EndpointStats } from './endpoint-stats.ts';
import type { PoolEndpoint } from './member.ts';
import { countFailure, countSuccess, defaultOutlier } from './outlier.ts';
import {
  answer,
  createPool,
  createStats,
  ejectByFailures,
  endpoint,
  fail,
  pickCounts,
  startMs,
} from './pool-fixture.ts';

const bad = endpoint(0);

/** The only request that probation lets through. */
function probe(pool: EndpointPool<PoolEndpoint>, nowMs: number) {
  const lease = pool.pick(nowMs, null)!;
  expect(lease.endpoint.row).toBe(bad.row);
  return lease;
}

describe('failures in a row', () => {
  test('five of them eject, whichever worker saw them', () => {
    const stats = createStats();
    const pools = [0, 1].map((worker) => createPool(4, { stats, worker }));
    for (let i = 0; i < 4; i++) fail(pools[i % 2]!.pickThis(bad, startMs)!);
    expect(stats.isOut(0)).toBe(false);
    fail(pools[0]!.pickThis(bad, startMs)!, 1);
    expect(stats.ejectedUntilMs(0)).toBe(startMs + 1 + defaultOutlier.baseEjectionMs);
    for (const pool of pools) expect(pickCounts(pool, 100, startMs + 2, 1)[0]).toBe(0);
    expect(pools[1]!.pickThis(bad, startMs + 2)).toBeNull();
  });

  test('an answer in between starts the count again', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j < 4; j++) fail(pool.pickThis(bad, startMs + i)!);
      answer(pool.pickThis(bad, startMs + i)!);
    }
    expect([stats.failures(0), stats.isOut(0)]).toEqual([12, false]);
  });

  test('a failure that the head reported is not counted again when the try is settled', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    for (let i = 0; i < 4; i++) fail(pool.pickThis(bad, startMs)!);
    expect([stats.failures(0), stats.isOut(0)]).toEqual([4, false]);
  });

  test('resets without a response head count, cancelled requests do not', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    for (let i = 0; i < 20; i++) pool.pickThis(bad, startMs)!.settle(startMs + 1, 'cancelled');
    expect(stats.isOut(0)).toBe(false);
    for (let i = 0; i < 5; i++) pool.pickThis(bad, startMs)!.settle(startMs + 1, 'failure');
    expect(stats.isOut(0)).toBe(true);
  });
});

describe('share of successes', () => {
  test('fewer than 80 % of at least 20 requests deserve an ejection', () => {
    const stats = createStats();
    const verdicts = Array.from({ length: 24 }, (_, i) => {
      if (i % 4 !== 3) countSuccess(stats, 0, startMs, defaultOutlier);
      stats.counts.fill(0, stats.countsOf(0), stats.countsOf(0) + 26);
      return i % 4 === 3 && countFailure(stats, 0, startMs, defaultOutlier);
    });
    expect(verdicts.indexOf(true)).toBe(19);
  });

  test('exactly 80 % do not', () => {
    const stats = createStats();
    for (let i = 0; i < 80; i++) countSuccess(stats, 0, startMs, defaultOutlier);
    const verdicts = Array.from({ length: 4 }, () => countFailure(stats, 0, startMs, defaultOutlier));
    expect(verdicts).not.toContain(true);
  });

  test('what is older than the window is forgotten', () => {
    const stats = createStats();
    for (let i = 0; i < 4; i++) countFailure(stats, 0, startMs, defaultOutlier);
    for (let i = 0; i < 16; i++) countSuccess(stats, 0, startMs, defaultOutlier);
    const laterMs = startMs + defaultOutlier.windowMs;
    for (let i = 0; i < 19; i++) countSuccess(stats, 0, laterMs, defaultOutlier);
    stats.counts.fill(0, stats.countsOf(0), stats.countsOf(0) + 26);
    expect(countFailure(stats, 0, laterMs, defaultOutlier)).toBe(false);
  });

  test('an endpoint that breaks bodies off after good heads is ejected by it', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    for (let i = 0; i < 20; i++) {
      const lease = pool.pickThis(bad, startMs + i);
      lease?.headReceived(startMs + i, false);
      lease?.settle(startMs + i + 0.5, 'failure');
    }
    expect(stats.isOut(0)).toBe(true);
  });
});

describe('ejection', () => {
  test('a success of a request from before does not end it', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    const early = pool.pickThis(bad, startMs)!;
    ejectByFailures(pool, bad, startMs + 1);
    answer(early);
    expect(stats.ejectedUntilMs(0)).toBe(startMs + 1 + defaultOutlier.baseEjectionMs);
  });

  test('lasts longer every time, up to five minutes', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    let nowMs = startMs;
    ejectByFailures(pool, bad, nowMs);
    const lengths: number[] = [];
    for (let i = 0; i < 40; i++) {
      lengths.push(stats.ejectedUntilMs(0) - nowMs);
      nowMs = stats.ejectedUntilMs(0);
      fail(probe(pool, nowMs), 0);
    }
    expect(lengths.slice(0, 3)).toEqual([10_000, 20_000, 30_000]);
    expect(lengths.at(-1)).toBe(300_000);
  });

  test('good behaviour makes up for earlier ones', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    ejectByFailures(pool, bad, startMs);
    fail(probe(pool, startMs + 10_000), 0);
    answer(probe(pool, startMs + 30_000), 0);
    ejectByFailures(pool, bad, startMs + 30_001);
    expect(stats.ejectedUntilMs(0) - startMs - 30_001).toBe(30_000);
    const backMs = stats.ejectedUntilMs(0);
    answer(probe(pool, backMs), 0);
    ejectByFailures(pool, bad, backMs + 25_000);
    expect(stats.ejectedUntilMs(0) - backMs - 25_000).toBe(20_000);
  });

  test('takes no more than half of a pool', () => {
    for (const [size, most] of [
      [1, 0],
      [2, 1],
      [3, 1],
      [4, 2],
      [7, 3],
    ] as const) {
      const stats = createStats();
      const pool = createPool(size, { stats });
      for (const target of pool.endpoints) ejectByFailures(pool, target, startMs);
      expect(pool.endpoints.filter(({ row }) => stats.isOut(row))).toHaveLength(most);
    }
  });

  test('health belongs to the endpoint: another Service with it leaves it alone too', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    const other = createPool(0, { stats });
    other.update([endpoint(0), endpoint(8), endpoint(9)], startMs);
    ejectByFailures(pool, bad, startMs);
    expect(pickCounts(other, 50, startMs, 1)[0]).toBe(0);
  });
});

describe('probation', () => {
  test('lets one request through at a time, over all workers', () => {
    const stats = createStats();
    const pools = [0, 1].map((worker) => createPool(4, { stats, worker }));
    ejectByFailures(pools[0]!, bad, startMs);
    const nowMs = stats.ejectedUntilMs(0);
    const first = probe(pools[0]!, nowMs);
    for (const pool of pools) expect(pickCounts(pool, 50, nowMs, 0.01)[0]).toBe(0);
    first.settle(nowMs + 1, 'cancelled');
    probe(pools[1]!, nowMs + 2);
  });

  test('an answer ends it, and traffic grows slowly from there', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    pickCounts(pool, 400, startMs, 1);
    ejectByFailures(pool, bad, startMs + 400);
    const nowMs = stats.ejectedUntilMs(0);
    answer(probe(pool, nowMs));
    expect(stats.isOut(0)).toBe(false);
    const early = pickCounts(pool, 1_000, nowMs + 10, 1)[0]!;
    const late = pickCounts(pool, 1_000, nowMs + 6_000, 1)[0]!;
    expect(early).toBeLessThan(80);
    expect(late).toBeGreaterThan(150);
  });

  test('is not for requests that can not be repeated, unless no other comes', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    ejectByFailures(pool, bad, startMs);
    const nowMs = stats.ejectedUntilMs(0);
    expect(pool.pick(nowMs, null, false)!.endpoint.row).not.toBe(0);
    expect(pool.pick(nowMs, pool.endpoints.slice(1))!.endpoint.row).not.toBe(0);
    expect(pool.pick(nowMs + 5_000, null, false)!.endpoint.row).toBe(0);
  });
});

describe('panic', () => {
  /** Two of three are ejected: their pool once had a fourth. */
  function panickingPool(stats: EndpointStats): EndpointPool<PoolEndpoint> {
    const pool = createPool(4, { stats });
    ejectByFailures(pool, endpoint(0), startMs);
    ejectByFailures(pool, endpoint(1), startMs);
    expect(pickCounts(pool, 100, startMs, 0.01).slice(0, 2)).toEqual([0, 0]);
    pool.update([endpoint(0), endpoint(1), endpoint(2)], startMs + 1);
    return pool;
  }

  test('with too few in use, all share the load', () => {
    const stats = createStats();
    const pool = panickingPool(stats);
    for (let i = 0; i < 300; i++) pool.pick(startMs + 2, null);
    for (const row of [0, 1, 2]) expect(stats.inFlight(row)).toBeGreaterThan(10);
  });

  test('an endpoint that works then need not sit out its time', () => {
    const stats = createStats();
    const pool = panickingPool(stats);
    answer(pool.pickThis(endpoint(0), startMs + 2)!);
    answer(probe(pool, startMs + 8));
    expect(stats.isOut(0)).toBe(false);
  });
});
