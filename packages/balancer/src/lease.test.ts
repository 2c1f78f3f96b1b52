import { describe, expect, test } from 'vitest';
import { Lease } from './lease.ts';
import { answer, createPool, createStats, ejectByFailures, endpoint, fail, startMs } from './pool-fixture.ts';

describe('a lease', () => {
  test('is in flight until its body ends', () => {
    const stats = createStats();
    const pool = createPool(1, { stats });
    const lease = pool.pick(startMs, null)!;
    expect(lease).toBeInstanceOf(Lease);
    expect(stats.inFlight(0)).toBe(1);
    lease.headReceived(startMs + 5, false);
    expect(stats.inFlight(0)).toBe(1);
    lease.settle(startMs + 60_000, 'success');
    expect(stats.inFlight(0)).toBe(0);
  });

  test('measures to the response head, not to the end of the body', () => {
    const stats = createStats();
    const lease = createPool(1, { stats }).pick(startMs, null)!;
    lease.headReceived(startMs + 5.5, false);
    lease.settle(startMs + 60_000, 'success');
    expect(stats.latencyMs(0, startMs + 5.5)).toBe(5.5);
  });

  test('can be settled only once', () => {
    const lease = createPool(1).pick(startMs, null)!;
    lease.settle(startMs, 'cancelled');
    expect(() => lease.settle(startMs, 'success')).toThrow('settled twice');
  });

  test('takes one response head, and none after its end', () => {
    const lease = createPool(1).pick(startMs, null)!;
    lease.headReceived(startMs, false);
    expect(() => lease.headReceived(startMs, false)).toThrow('a head after it was answered');
    lease.settle(startMs, 'success');
    expect(() => lease.headReceived(startMs, false)).toThrow('a head after it was settled');
  });

  test('never makes a failure look fast', () => {
    const stats = createStats();
    const pool = createPool(2, { stats });
    for (let i = 0; i < 20; i++) answer(pool.pickThis(endpoint(i % 2), startMs + i)!);
    fail(pool.pickThis(endpoint(0), startMs + 30)!, 0.1);
    expect(stats.latencyMs(0, startMs + 30)).toBeGreaterThan(4 * 4.9);
    expect(pool.score(endpoint(0), startMs + 30)).toBeGreaterThan(pool.score(endpoint(1), startMs + 30));
  });

  test('that is patient measures heads that come soon, and nothing of those that come late or never', () => {
    const stats = createStats();
    const pool = createPool(2, { stats });
    for (let i = 0; i < 20; i++) answer(pool.pickThis(endpoint(i % 2), startMs + i)!);
    const patient = (atMs: number) => Object.assign(pool.pickThis(endpoint(0), atMs)!, { patient: true });
    patient(startMs + 30).headReceived(startMs + 50, false);
    expect(stats.latencyMs(0, startMs + 50)).toBeGreaterThan(5.5);
    const before = stats.latencyMs(0, startMs + 60_000);
    const streams = Array.from({ length: 5 }, () => patient(startMs + 100));
    answer(pool.pickThis(endpoint(1), startMs + 50_000)!);
    for (const stream of streams) expect(stream.checkHung(startMs + 59_000)).toBe(false);
    streams[0]!.settle(startMs + 60_000, 'cancelled');
    streams[1]!.headReceived(startMs + 60_000, false);
    expect(stats.latencyMs(0, startMs + 60_000)).toBeCloseTo(before, 1);
    expect(stats.inFlight(0)).toBe(5);
    expect(stats.isOut(0)).toBe(false);
  });

  test('that is patient and sent to find out about an endpoint leaves that to others when it has nothing to say', () => {
    const stats = createStats();
    const pool = createPool(3, { stats });
    for (let i = 0; i < 30; i++) answer(pool.pickThis(endpoint(i % 3), startMs + i)!);
    ejectByFailures(pool, endpoint(0), startMs + 30);
    const probeMs = startMs + 30_000;
    const probe = Object.assign(pool.pick(probeMs, null)!, { patient: true });
    expect(probe.endpoint.row).toBe(0);
    expect(probe.checkHung(probeMs + 100)).toBe(false);
    expect(pool.pick(probeMs + 100, null)!.endpoint.row).not.toBe(0);
    expect(probe.checkHung(probeMs + 300)).toBe(false);
    const second = pool.pick(probeMs + 310, null)!;
    expect(second.endpoint.row).toBe(0);
    answer(second);
    expect(stats.isOut(0)).toBe(false);
  });

  test('knows a lower bound of the latency when its client gives up', () => {
    const stats = createStats();
    const pool = createPool(2, { stats });
    for (let i = 0; i < 20; i++) answer(pool.pickThis(endpoint(i % 2), startMs + i)!);
    const [first, second] = [pool.pickThis(endpoint(0), startMs + 30)!, pool.pickThis(endpoint(0), startMs + 30)!];
    first.settle(startMs + 90, 'cancelled');
    expect(stats.latencyMs(0, startMs + 90)).toBeCloseTo(5, 2);
    answer(pool.pickThis(endpoint(1), startMs + 110)!);
    second.settle(startMs + 130, 'cancelled');
    expect(stats.latencyMs(0, startMs + 130)).toBe(100);
    pool.pickThis(endpoint(1), startMs + 30)!.settle(startMs + 31, 'cancelled');
    expect(stats.latencyMs(1, startMs + 31)).toBeCloseTo(5, 2);
  });

  test('a long poll counts as no more than what would be a dead endpoint', () => {
    const stats = createStats();
    const pool = createPool(2, { stats });
    for (let i = 0; i < 20; i++) answer(pool.pickThis(endpoint(i % 2), startMs + i)!);
    const poll = pool.pickThis(endpoint(0), startMs + 30)!;
    answer(pool.pickThis(endpoint(1), startMs + 30_020)!);
    answer(poll, 30_000);
    expect(stats.latencyMs(0, startMs + 30_030)).toBe(250);
  });
});

describe("a wait that is nobody's fault", () => {
  test('is no peak: no other endpoint was faster at the time', () => {
    const stats = createStats();
    const pool = createPool(2, { stats });
    for (let i = 0; i < 20; i++) answer(pool.pickThis(endpoint(i % 2), startMs + i)!);
    const tries = [0, 1, 0, 1].map((row, i) => pool.pickThis(endpoint(row), startMs + 30 + i)!);
    for (const lease of tries) answer(lease, 200);
    for (const row of [0, 1]) expect(stats.latencyMs(row, startMs + 240)).toBeLessThan(12);
  });

  test('is learned all the same when it goes on', () => {
    const stats = createStats();
    const pool = createPool(2, { stats });
    for (let i = 0; i < 20; i++) answer(pool.pickThis(endpoint(i % 2), startMs + i)!);
    for (let i = 0; i < 60; i++) answer(pool.pickThis(endpoint(i % 2), startMs + 1_000 * i)!, 100);
    expect(stats.latencyMs(0, startMs + 60_000)).toBeGreaterThan(80);
  });
});

describe('checkHung', () => {
  /** Four warm endpoints; `others(nowMs)` makes those but the first answer. */
  function warmPool() {
    const stats = createStats();
    const pool = createPool(4, { stats });
    const answers = (rows: readonly number[], nowMs: number) => {
      for (const row of rows) answer(pool.pickThis(endpoint(row), nowMs - 5)!);
    };
    for (let i = 0; i < 10; i++) answers([0, 1, 2, 3], startMs + 10 * i);
    const sendMs = startMs + 200;
    return { stats, pool, sendMs, others: (nowMs: number) => answers([1, 2, 3], nowMs), answers };
  }

  test('three tries wait too long while others are answered: out, and all that wait may leave', () => {
    const { stats, pool, sendMs, others } = warmPool();
    const tries = [0, 1, 2, 3].map((i) => pool.pickThis(endpoint(0), sendMs + i)!);
    const young = pool.pickThis(endpoint(0), sendMs + 200)!;
    others(sendMs + 240);
    expect(tries.map((lease) => lease.checkHung(sendMs + 240))).toEqual([false, false, false, false]);
    others(sendMs + 300);
    expect(tries.map((lease) => lease.checkHung(sendMs + 300))).toEqual([false, false, true, true]);
    expect(tries.map((lease) => lease.checkHung(sendMs + 301))).toEqual([true, true, true, true]);
    expect(young.checkHung(sendMs + 301)).toBe(true);
    expect(stats.ejectedUntilMs(0)).toBe(sendMs + 300 + 10_000);
  });

  test('two tries are no proof, but call for another request', () => {
    const { stats, pool, sendMs, others } = warmPool();
    const tries = [0, 1].map((i) => pool.pickThis(endpoint(0), sendMs + i)!);
    others(sendMs + 300);
    expect(tries.map((lease) => lease.checkHung(sendMs + 300))).toEqual([false, false]);
    expect(stats.isOut(0)).toBe(false);
    expect(pool.pick(sendMs + 301, null, false)!.endpoint.row).not.toBe(0);
    const test = pool.pick(sendMs + 301, null)!;
    expect(test.endpoint.row).toBe(0);
    others(sendMs + 600);
    expect(test.checkHung(sendMs + 600)).toBe(true);
    expect(stats.isOut(0)).toBe(true);
  });

  test('the request that was sent to find out clears a slow one', () => {
    const { stats, pool, sendMs, others } = warmPool();
    const poll = pool.pickThis(endpoint(0), sendMs)!;
    others(sendMs + 300);
    poll.checkHung(sendMs + 300);
    answer(pool.pick(sendMs + 301, null)!);
    expect(poll.checkHung(sendMs + 400)).toBe(false);
    expect(poll.checkHung(sendMs + 60_000)).toBe(false);
    expect(stats.isOut(0)).toBe(false);
    expect(pool.pick(sendMs + 500, null)!.endpoint.row).not.toBe(0);
  });

  test('an endpoint that answers other requests is not hung', () => {
    const { stats, pool, sendMs, others, answers } = warmPool();
    const polls = Array.from({ length: 10 }, () => pool.pickThis(endpoint(0), sendMs)!);
    for (let nowMs = sendMs + 100; nowMs < sendMs + 30_000; nowMs += 100) {
      others(nowMs);
      answers([0], nowMs);
      for (const poll of polls) expect(poll.checkHung(nowMs)).toBe(false);
    }
    expect(stats.isOut(0)).toBe(false);
  });

  test('when nobody answers, nobody is hung', () => {
    const { stats, pool, sendMs } = warmPool();
    const tries = Array.from({ length: 40 }, (_, i) => pool.pickThis(endpoint(i % 4), sendMs + i)!);
    for (let nowMs = sendMs; nowMs < sendMs + 5_000; nowMs += 100) {
      for (const lease of tries) expect(lease.checkHung(nowMs)).toBe(false);
    }
    expect([0, 1, 2, 3].filter((row) => stats.isOut(row))).toEqual([]);
  });

  test('fast failures elsewhere make nobody else look hung', () => {
    const { stats, pool, sendMs } = warmPool();
    const tries = Array.from({ length: 5 }, () => pool.pickThis(endpoint(0), sendMs)!);
    for (let nowMs = sendMs; nowMs < sendMs + 1_000; nowMs += 100) {
      const lease = pool.pickThis(endpoint(1), nowMs);
      if (lease !== null) fail(lease);
      for (const waiting of tries) expect(waiting.checkHung(nowMs)).toBe(false);
    }
    expect(stats.isOut(0)).toBe(false);
  });

  test('the only endpoint is never hung: there is no other to ask', () => {
    const stats = createStats();
    const pool = createPool(1, { stats });
    const tries = Array.from({ length: 5 }, () => pool.pick(startMs, null)!);
    for (const lease of tries) expect(lease.checkHung(startMs + 60_000)).toBe(false);
    expect(stats.isOut(0)).toBe(false);
  });

  test('one probe without an answer is proof enough, and the endpoint sits out longer', () => {
    const { stats, pool, sendMs, others } = warmPool();
    const tries = [0, 1, 2].map((i) => pool.pickThis(endpoint(0), sendMs + i)!);
    others(sendMs + 300);
    for (const lease of tries) lease.checkHung(sendMs + 300);
    for (const lease of tries) lease.settle(sendMs + 301, 'failure');
    const probationMs = stats.ejectedUntilMs(0);
    const probe = pool.pick(probationMs, null)!;
    expect(probe.endpoint.row).toBe(0);
    others(probationMs + 300);
    expect(probe.checkHung(probationMs + 300)).toBe(true);
    expect(stats.ejectedUntilMs(0)).toBe(probationMs + 300 + 20_000);
    probe.settle(probationMs + 301, 'failure');
    expect(stats.ejectedUntilMs(0)).toBe(probationMs + 300 + 20_000);
  });

  test('an answer after all brings probation forward', () => {
    const { pool, sendMs, others } = warmPool();
    const tries = [0, 1, 2].map((i) => pool.pickThis(endpoint(0), sendMs + i)!);
    others(sendMs + 300);
    for (const lease of tries) lease.checkHung(sendMs + 300);
    tries[0]!.headReceived(sendMs + 500, false);
    expect(tries[1]!.checkHung(sendMs + 501)).toBe(false);
    expect(pool.pick(sendMs + 502, null)!.endpoint.row).toBe(0);
  });

  test('a waiting try raises the estimate before it is answered', () => {
    const { stats, pool, sendMs, others } = warmPool();
    const lease = pool.pickThis(endpoint(0), sendMs)!;
    others(sendMs + 80);
    lease.checkHung(sendMs + 80);
    expect(stats.latencyMs(0, sendMs + 80)).toBe(80);
  });

  test('answered or settled, a try is not hung', () => {
    const { pool, sendMs, others } = warmPool();
    const tries = [0, 1, 2].map((i) => pool.pickThis(endpoint(0), sendMs + i)!);
    others(sendMs + 300);
    tries[0]!.headReceived(sendMs + 299, false);
    tries[1]!.settle(sendMs + 299, 'cancelled');
    expect(tries.map((lease) => lease.checkHung(sendMs + 300))).toEqual([false, false, false]);
  });
});
