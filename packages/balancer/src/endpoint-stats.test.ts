import { expect, test } from 'vitest';
import { EndpointStats } from './endpoint-stats.ts';
import { answer, createPool, createStats, ejectByFailures, endpoint, fail, startMs } from './pool-fixture.ts';
import { Count, headerReals, maxWorkers, Real, rowReals, windowSlices } from './row-layout.ts';

test('fields of a row do not overlap and fit', () => {
  const reals = Object.values(Real);
  expect(new Set(reals).size).toBe(reals.length);
  expect(Math.max(...reals) * 2 + 1).toBeLessThan(Math.min(...Object.values(Count)));
  expect(Count.window + 3 * windowSlices).toBeLessThanOrEqual(Count.coldAnswers);
  expect(Count.coldAnswers).toBeLessThan(2 * rowReals);
  expect(new Set(Object.values(Count)).size).toBe(Object.values(Count).length);
});

test('the memory holds as many rows as asked for', () => {
  const stats = createStats(7);
  expect(stats.rows).toBe(7);
  expect(stats.realsOf(0)).toBe(headerReals);
  expect(stats.cellOf(maxWorkers - 1, 6)).toBeLessThan(stats.reals.length);
  expect(stats.cellOf(0, 0)).toBe(stats.realsOf(7));
});

test('readers tell what became of requests', () => {
  const stats = createStats();
  const pool = createPool(2, { stats });
  const [first, second] = pool.endpoints;
  answer(pool.pickThis(first!, startMs)!, 8.25);
  fail(pool.pickThis(first!, startMs)!);
  pool.pickThis(second!, startMs)!.settle(startMs, 'cancelled');
  pool.pickThis(second!, startMs);
  expect([stats.requests(0), stats.failures(0), stats.inFlight(0)]).toEqual([2, 1, 0]);
  expect([stats.requests(1), stats.failures(1), stats.inFlight(1)]).toEqual([0, 0, 1]);
  expect(stats.latencyMs(1, startMs)).toBe(0);
  expect(stats.latencyMs(0, startMs + 9)).toBeGreaterThanOrEqual(8.25);
});

test('a reset row remembers nothing', () => {
  const stats = createStats();
  const pool = createPool(2, { stats });
  ejectByFailures(pool, endpoint(0), startMs);
  expect(stats.ejections(0)).toBe(1);
  stats.reset(0);
  const { reals } = stats;
  expect(reals.slice(stats.realsOf(0), stats.realsOf(1)).every((value) => value === 0)).toBe(true);
  expect([stats.requests(0), stats.failures(0), stats.ejections(0), stats.ejectedUntilMs(0)]).toEqual([0, 0, 0, 0]);
});

test('what a crashed worker had in flight is taken back, and nothing else', () => {
  const stats = createStats();
  const crashed = createPool(2, { stats, worker: 3 });
  const living = createPool(2, { stats, worker: 4 });
  for (let i = 0; i < 5; i++) crashed.pickThis(endpoint(0), startMs);
  living.pickThis(endpoint(0), startMs);
  answer(crashed.pickThis(endpoint(1), startMs)!);
  expect(stats.inFlight(0)).toBe(6);
  stats.clearWorker(3);
  expect([stats.inFlight(0), stats.inFlight(1), stats.requests(1)]).toEqual([1, 0, 1]);
  stats.clearWorker(3);
  expect(stats.inFlight(0)).toBe(1);
});

test('a probe that died with its worker is sent again by another', () => {
  const stats = createStats();
  const crashed = createPool(4, { stats, worker: 1 });
  const living = createPool(4, { stats, worker: 2 });
  ejectByFailures(crashed, endpoint(0), startMs);
  const probationMs = stats.ejectedUntilMs(0);
  expect(crashed.pick(probationMs, null)!.endpoint.row).toBe(0);
  expect(living.pick(probationMs, null)!.endpoint.row).not.toBe(0);
  stats.clearWorker(1);
  expect(living.pick(probationMs, null)!.endpoint.row).toBe(0);
});

test('a worker without a column is refused', () => {
  expect(() => createPool(1, { worker: maxWorkers })).toThrow(RangeError);
  expect(new EndpointStats(new SharedArrayBuffer(EndpointStats.byteLength(0))).rows).toBe(0);
});
