import { describe, expect, it } from 'vitest';
import { bucketBoundsMs, emptyRuleSums, WorkerMetrics } from './metrics.ts';

const create = (slots = 4) => {
  const buffer = new SharedArrayBuffer(WorkerMetrics.byteLength(slots));
  return { buffer, worker: new WorkerMetrics(buffer), control: new WorkerMetrics(buffer) };
};

function sumsOf(metrics: WorkerMetrics, slot: number) {
  const sums = emptyRuleSums();
  metrics.addRule(slot, sums);
  return sums;
}

describe('WorkerMetrics', () => {
  it('counts exchanges by rule, status class and latency', () => {
    const { worker, control } = create();
    worker.exchangeDone(0, 200, 1, 0.4, 10, 100);
    worker.exchangeDone(0, 503, 7, 6, 0, 1);
    worker.exchangeDone(0, 0, 60_000, -1, 5, 0);
    const sums = sumsOf(control, 0);
    expect(sums.statusClasses).toEqual([1, 0, 1, 0, 0, 1]);
    expect([sums.requestBytes, sums.responseBytes]).toEqual([15, 101]);
    expect(sums.duration.sumMs).toBe(60_008);
    const bucket = (ms: number) => bucketBoundsMs.findIndex((bound) => ms <= bound);
    expect(sums.duration.counts[bucket(1)]).toBe(1);
    expect(sums.duration.counts[bucket(7)]).toBe(1);
    expect(sums.duration.counts.at(-1)).toBe(1);
    expect(sums.upstream.counts.reduce((sum, count) => sum + count)).toBe(2);
    expect(sums.upstream.counts[0]).toBe(1);
  });

  it('counts gRPC calls by rule and status', () => {
    const { worker, control } = create();
    for (const status of [0, 14, 14, 16]) worker.callDone(0, status);
    const { grpcStatuses } = sumsOf(control, 0);
    expect([grpcStatuses[0], grpcStatuses[14], grpcStatuses[16]]).toEqual([1, 2, 1]);
    expect(sumsOf(control, 1)).toEqual(emptyRuleSums());
    control.resetRule(0);
    expect(sumsOf(control, 0)).toEqual(emptyRuleSums());
  });

  it('keeps the first and the last slot, and requests without a rule, apart', () => {
    const { worker, control } = create(2);
    worker.exchangeDone(-1, 404, 1, -1, 0, 0);
    worker.exchangeDone(1, 999, 1, -1, 0, 2);
    expect(sumsOf(control, -1).statusClasses).toEqual([0, 0, 0, 0, 1, 0]);
    expect(sumsOf(control, 0)).toEqual(emptyRuleSums());
    expect(sumsOf(control, 1).statusClasses).toEqual([0, 0, 0, 0, 0, 1]);
    control.resetRule(1);
    expect(sumsOf(control, 1)).toEqual(emptyRuleSums());
    expect(sumsOf(control, -1).statusClasses[4]).toBe(1);
  });

  it('forgets gauges, not counters, of a worker that is lost', () => {
    const { worker, control } = create();
    worker.count('connectionsAccepted', 3);
    worker.count('connectionsOpen', 3);
    worker.count('connectionsOpen', -1);
    expect([control.counter('connectionsAccepted'), control.counter('connectionsOpen')]).toEqual([3, 2]);
    control.clearGauges();
    expect([control.counter('connectionsAccepted'), control.counter('connectionsOpen')]).toEqual([3, 0]);
  });

  it('learns reasons as they come, and a worker that follows goes on counting', () => {
    const { worker, control, buffer } = create();
    worker.countReason('requestFailures', 'no_route');
    worker.countReason('requestFailures', 'no_route');
    worker.countReason('connectionFailures', 'bare_lf');
    expect([...control.reasons('requestFailures')]).toEqual([['no_route', 2]]);
    const next = new WorkerMetrics(buffer);
    next.countReason('requestFailures', 'no_endpoints');
    next.countReason('requestFailures', 'no_route');
    expect([...control.reasons('requestFailures')]).toEqual([
      ['no_route', 3],
      ['no_endpoints', 1],
    ]);
    expect([...control.reasons('connectionFailures')]).toEqual([['bare_lf', 1]]);
  });

  it('stays within its memory however many reasons there are, and however long', () => {
    const { worker, control } = create(1);
    for (let i = 0; i < 300; i++) worker.countReason('connectionFailures', `reason_${i}_${'x'.repeat(i)}`);
    const reasons = control.reasons('connectionFailures');
    expect(reasons.size).toBeLessThanOrEqual(96);
    expect([...reasons.values()].reduce((sum, count) => sum + count)).toBe(300);
    expect(reasons.get('other')).toBeGreaterThan(200);
    expect(sumsOf(control, -1)).toEqual(emptyRuleSums());
    expect(sumsOf(control, 0)).toEqual(emptyRuleSums());
  });
});
