import { describe, expect, test } from 'vitest';
import { answer, createPool, createStats, endpoint, endpoints, fail, pickCounts, startMs } from './pool-fixture.ts';
import { slowStartMs } from './slow-start.ts';

describe('update', () => {
  test('an endpoint that stays keeps what was learned; the new object is handed out', () => {
    const stats = createStats();
    const pool = createPool(2, { stats });
    answer(pool.pickThis(endpoint(0), startMs)!, 7);
    const renewed = endpoints(2);
    pool.update(renewed, startMs + 10);
    expect(stats.latencyMs(0, startMs + 10)).toBeCloseTo(7);
    expect(pool.endpoints[0]).toBe(renewed[0]);
    expect(pool.pickThis(renewed[0]!, startMs + 10)!.endpoint).toBe(renewed[0]);
  });

  test('a try outlives its endpoint', () => {
    const stats = createStats();
    const pool = createPool(2, { stats });
    const lease = pool.pickThis(endpoint(0), startMs)!;
    pool.update([endpoint(1)], startMs + 1);
    expect(pool.pickThis(endpoint(0), startMs + 1)).toBeNull();
    expect(stats.inFlight(0)).toBe(1);
    answer(lease);
    expect(stats.inFlight(0)).toBe(0);
  });

  test('an address:port that two slices name is one endpoint', () => {
    const pool = createPool(0);
    pool.update([endpoint(0, { ready: false }), endpoint(0), endpoint(1)], startMs);
    expect(pool.endpoints.map(({ row, ready }) => [row, ready])).toEqual([
      [0, true],
      [1, true],
    ]);
  });

  test('an address:port that came back with another row starts anew', () => {
    const stats = createStats();
    const pool = createPool(2, { stats });
    answer(pool.pickThis(endpoint(0), startMs)!, 90);
    const reborn = endpoint(0, { row: 9 });
    pool.update([reborn, endpoint(1)], startMs + 1);
    expect(stats.latencyMs(9, startMs + 1)).toBeLessThan(90);
    pool.pickThis(reborn, startMs + 1);
    expect([stats.inFlight(0), stats.inFlight(9)]).toEqual([0, 1]);
  });

  test('the first endpoints are used at once, one that joins is ramped up and taken for a typical one', () => {
    const stats = createStats();
    const pool = createPool(4, { stats });
    expect(Math.min(...pickCounts(pool, 400, startMs, 1))).toBeGreaterThan(60);
    const joinMs = startMs + 1_000;
    pool.update(endpoints(5), joinMs);
    expect(stats.latencyMs(4, joinMs)).toBeCloseTo(5, 1);
    expect(pickCounts(pool, 500, joinMs, 1)[4]).toBeLessThan(50);
    expect(pickCounts(pool, 500, joinMs + slowStartMs, 1)[4]).toBeGreaterThan(60);
  });

  test('an endpoint that is ready again is ramped up', () => {
    const pool = createPool(2);
    pool.update([endpoint(0), endpoint(1, { ready: false })], startMs + 1);
    pool.update(endpoints(2), startMs + 20_000);
    expect(pickCounts(pool, 300, startMs + 20_000, 1)[1]).toBeLessThan(60);
  });

  test('a pool of another worker knows the endpoints of the first', () => {
    const stats = createStats();
    const old = createPool(2, { stats });
    for (let i = 0; i < 40; i++) answer(old.pickThis(endpoint(i % 2), startMs + i)!, i % 2 === 0 ? 5 : 100);
    const young = createPool(2, { stats, worker: 1 });
    expect(pickCounts(young, 100, startMs + 50, 1)[1]).toBe(0);
  });
});

describe('pick', () => {
  test('says why there is nothing', () => {
    const pool = createPool(0, { maxInFlight: 2 });
    expect(pool.pick(startMs, null)).toBeNull();
    expect(pool.lastRefusal).toBe('no_endpoints');
    pool.update(endpoints(2), startMs);
    for (let i = 0; i < 4; i++) expect(pool.pick(startMs, null)).not.toBeNull();
    expect(pool.pick(startMs, null)).toBeNull();
    expect(pool.lastRefusal).toBe('overloaded');
  });

  test('never takes one that was tried while another can be used', () => {
    const pool = createPool(3);
    const [first, second] = pool.endpoints;
    for (let i = 0; i < 50; i++) expect(pool.pick(startMs, [first!, second!])!.endpoint.row).toBe(2);
    for (let i = 0; i < 50; i++) expect(pool.pick(startMs, [endpoint(0)])!.endpoint.row).not.toBe(0);
    expect(pool.pick(startMs, endpoints(3))).not.toBeNull();
  });

  test('prefers a tried one with room to an untried one without', () => {
    const pool = createPool(2, { maxInFlight: 1 });
    pool.pickThis(endpoint(1), startMs);
    expect(pool.pick(startMs, [endpoint(0)])!.endpoint.row).toBe(0);
  });

  test('endpoints that are not ready are a last resort', () => {
    const pool = createPool(0);
    pool.update([endpoint(0, { ready: false }), endpoint(1), endpoint(2, { ready: false })], startMs);
    expect(pickCounts(pool, 50, startMs, 1)).toEqual([0, 50, 0]);
    expect(pool.pickThis(endpoint(0), startMs + 60)).toBeNull();
    pool.update([endpoint(0, { ready: false }), endpoint(2, { ready: false })], startMs + 70);
    expect(Math.min(...pickCounts(pool, 50, startMs + 80, 1))).toBeGreaterThan(0);
  });

  test('the limit counts what all workers have in flight', () => {
    const stats = createStats();
    const pools = [0, 1].map((worker) => createPool(1, { stats, worker, maxInFlight: 3 }));
    expect([0, 1, 0].map((i) => pools[i]!.pick(startMs, null))).not.toContain(null);
    expect(pools.map((pool) => pool.pick(startMs, null))).toEqual([null, null]);
    expect(pools[0]!.pickThis(endpoint(0), startMs)).toBeNull();
    expect(pools[0]!.lastRefusal).toBe('overloaded');
  });

  test('asks a slow endpoint again now and then, but rarely', () => {
    const pool = createPool(4);
    for (let i = 0; i < 40; i++) answer(pool.pickThis(endpoint(i % 4), startMs + i)!, i % 4 === 0 ? 100 : 5);
    let asked = 0;
    for (let i = 0; i < 20_000; i++) {
      const lease = pool.pick(startMs + 200 + i, null)!;
      if (lease.endpoint.row === 0) asked++;
      answer(lease, lease.endpoint.row === 0 ? 100 : 5);
    }
    expect(asked).toBeGreaterThanOrEqual(5);
    expect(asked).toBeLessThanOrEqual(8);
  });

  test('one that was slow and is fast again is back within seconds', () => {
    const pool = createPool(4);
    for (let i = 0; i < 40; i++) answer(pool.pickThis(endpoint(i % 4), startMs + i)!, i % 4 === 0 ? 100 : 5);
    expect(pickCounts(pool, 3_000, startMs + 200, 1)[0]).toBe(0);
    expect(pickCounts(pool, 1_000, startMs + 3_200, 1)[0]).toBeGreaterThan(20);
    expect(pickCounts(pool, 1_000, startMs + 9_000, 1)[0]).toBeGreaterThan(150);
  });
});

describe('score', () => {
  test('is the expected wait, by weight', () => {
    const pool = createPool(0);
    pool.update([endpoint(0), endpoint(1, { weight: 2 })], startMs);
    for (let i = 0; i < 10; i++) answer(pool.pickThis(endpoint(i % 2), startMs)!);
    pool.pickThis(endpoint(0), startMs + 5);
    expect(pool.score(endpoint(0), startMs + 5)).toBeCloseTo(10);
    expect(pool.score(endpoint(1), startMs + 5)).toBeCloseTo(2.5);
    expect(pool.score(endpoint(7), startMs + 5)).toBe(Number.POSITIVE_INFINITY);
  });

  test('a failure makes it worse', () => {
    const pool = createPool(2);
    for (let i = 0; i < 10; i++) answer(pool.pickThis(endpoint(i % 2), startMs + i)!);
    fail(pool.pickThis(endpoint(0), startMs + 20)!);
    expect(pool.score(endpoint(0), startMs + 21)).toBeGreaterThan(3 * pool.score(endpoint(1), startMs + 21));
  });
});
