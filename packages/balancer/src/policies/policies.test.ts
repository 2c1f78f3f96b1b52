import { describe, expect, test } from 'vitest';
import { answer, createPool, createStats, endpoint, pickCounts, startMs } from '../pool-fixture.ts';
import type { PolicyName } from './policy-name.ts';

const all: readonly PolicyName[] = ['p2c-peak-ewma', 'round-robin', 'least-requests', 'random', 'weighted'];

describe.each(all)('every policy: %s', (policy) => {
  test('gives equal endpoints about the same', () => {
    const counts = pickCounts(createPool(4, { policy }), 2_000, startMs, 1);
    for (const count of counts) expect(Math.abs(count - 500)).toBeLessThan(75);
  });

  test('gives the only one everything', () => {
    expect(pickCounts(createPool(1, { policy }), 10, startMs, 1)).toEqual([10]);
  });

  test('ramps up one that joins', () => {
    const pool = createPool(4, { policy });
    const joinMs = startMs + 1_000;
    pool.update(
      [0, 1, 2, 3, 4].map((row) => endpoint(row)),
      joinMs,
    );
    expect(pickCounts(pool, 500, joinMs, 0.1)[4]).toBeLessThan(30);
    expect(pickCounts(pool, 1_000, joinMs + 5_000, 0.1)[4]).toBeGreaterThan(150);
  });

  test('asks nobody beyond the limit', () => {
    const stats = createStats();
    const pool = createPool(4, { policy, stats, maxInFlight: 10 });
    for (let i = 0; i < 40; i++) expect(pool.pick(startMs, null)).not.toBeNull();
    expect(pool.pick(startMs, null)).toBeNull();
    expect([0, 1, 2, 3].map((row) => stats.inFlight(row))).toEqual([10, 10, 10, 10]);
  });
});

describe('p2c-peak-ewma', () => {
  test('prefers the faster', () => {
    const pool = createPool(2);
    for (let i = 0; i < 20; i++) answer(pool.pickThis(endpoint(i % 2), startMs + i)!, i % 2 === 0 ? 5 : 9);
    expect(pickCounts(pool, 100, startMs + 30, 0.1)[0]).toBe(100);
  });

  test('spreads by expected wait: the faster has more in flight', () => {
    const stats = createStats();
    const pool = createPool(2, { stats });
    for (let i = 0; i < 20; i++) answer(pool.pickThis(endpoint(i % 2), startMs + i)!, i % 2 === 0 ? 5 : 20);
    for (let i = 0; i < 100; i++) pool.pick(startMs + 50, null);
    const ratio = stats.inFlight(0) / stats.inFlight(1);
    // 4, less what counts as equal.
    expect(ratio).toBeGreaterThan(2.5);
    expect(ratio).toBeLessThan(5);
  });

  test('takes turns among equals', () => {
    const pool = createPool(5);
    for (let i = 0; i < 50; i++) answer(pool.pickThis(endpoint(i % 5), startMs + i)!);
    const counts = pickCounts(pool, 1_000, startMs + 100, 1);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(180);
    expect(Math.max(...counts)).toBeLessThanOrEqual(220);
  });

  test('with half of a pool slow, hardly ever draws two slow ones', () => {
    const pool = createPool(4);
    for (let i = 0; i < 40; i++) answer(pool.pickThis(endpoint(i % 4), startMs + i)!, i % 4 < 2 ? 100 : 5);
    let slow = 0;
    for (let i = -200; i < 2_000; i++) {
      const lease = pool.pick(startMs + 400 + i, null)!;
      const isSlow = lease.endpoint.row < 2;
      // What is usual here takes some requests to learn.
      if (isSlow && i >= 0) slow++;
      answer(lease, isSlow ? 100 : 5);
    }
    expect(slow).toBeLessThan(10);
  });

  test('without concurrency, all that are about as good get something', () => {
    const pool = createPool(4);
    for (let i = 0; i < 40; i++) answer(pool.pickThis(endpoint(i % 4), startMs + i)!, 5 + (i % 4) * 0.2);
    let counts = [0, 0, 0, 0];
    for (let i = 0; i < 400; i++) {
      const lease = pool.pick(startMs + 100 + i, null)!;
      counts = counts.map((count, row) => count + (row === lease.endpoint.row ? 1 : 0));
      answer(lease, 5 + lease.endpoint.row * 0.2);
    }
    expect(Math.min(...counts)).toBeGreaterThan(50);
  });
});

describe('round-robin', () => {
  test('goes round', () => {
    const pool = createPool(3, { policy: 'round-robin' });
    const rows = Array.from({ length: 9 }, () => pool.pick(startMs, null)!.endpoint.row);
    for (let i = 3; i < 9; i++) expect(rows[i]).toBe(rows[i - 3]);
    expect(new Set(rows.slice(0, 3)).size).toBe(3);
  });
});

describe('least-requests', () => {
  test('fills the emptiest first, by weight', () => {
    const stats = createStats();
    const pool = createPool(0, { policy: 'least-requests', stats });
    pool.update([endpoint(0), endpoint(1, { weight: 3 })], startMs);
    for (let i = 0; i < 40; i++) pool.pick(startMs, null);
    expect([stats.inFlight(0), stats.inFlight(1)]).toEqual([10, 30]);
  });
});

describe('weighted', () => {
  test('is exact over the sum of the weights, and spread out', () => {
    const pool = createPool(0, { policy: 'weighted' });
    pool.update([endpoint(0, { weight: 5 }), endpoint(1), endpoint(2)], startMs);
    const rows = Array.from({ length: 14 }, () => pool.pick(startMs, null)!.endpoint.row);
    expect(rows.join('')).toBe('00102000010200');
    for (let from = 0; from < 7; from++) {
      const window = rows.slice(from, from + 7);
      expect(window.filter((row) => row === 0)).toHaveLength(5);
    }
  });
});
