import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EndpointPool } from './endpoint-pool.ts';
import type { EndpointStats } from './endpoint-stats.ts';
import type { Lease, Outcome } from './lease.ts';
import type { PoolEndpoint } from './member.ts';
import { defaultOutlier } from './outlier.ts';
import { createPool, createStats, endpoint, endpoints, startMs } from './pool-fixture.ts';
import { seededRandom } from './sim/seeded-random.ts';

const rows = 8;
const workers = 3;
const runs = { numRuns: Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 150), seed: 42 };

type Step =
  | { readonly do: 'pick'; readonly worker: number; readonly retry: boolean; readonly repeatable: boolean }
  | { readonly do: 'head'; readonly which: number; readonly failed: boolean }
  | { readonly do: 'settle'; readonly which: number; readonly outcome: Outcome }
  | { readonly do: 'sweep' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'update'; readonly worker: number; readonly ready: readonly boolean[] }
  | { readonly do: 'crash'; readonly worker: number };

const worker = fc.nat(workers - 1);
const which = fc.nat(1_000);
const pick = fc.record({ do: fc.constant('pick' as const), worker, retry: fc.boolean(), repeatable: fc.boolean() });
const head = fc.record({ do: fc.constant('head' as const), which, failed: fc.boolean() });
const settle = fc.record({
  do: fc.constant('settle' as const),
  which,
  outcome: fc.constantFrom<Outcome>('success', 'failure', 'cancelled'),
});
const wait = fc.record({ do: fc.constant('wait' as const), ms: fc.oneof(fc.nat(50), fc.nat(20_000)) });
const sweep = fc.constant({ do: 'sweep' as const });
const update = fc.record({
  do: fc.constant('update' as const),
  worker,
  ready: fc.array(fc.boolean(), { minLength: 1, maxLength: rows }),
});
const crash = fc.record({ do: fc.constant('crash' as const), worker });

const traffic: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: pick, weight: 6 },
  { arbitrary: head, weight: 3 },
  { arbitrary: settle, weight: 4 },
  { arbitrary: wait, weight: 2 },
  { arbitrary: sweep, weight: 1 },
);
const churn: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: traffic, weight: 16 },
  { arbitrary: update, weight: 1 },
  { arbitrary: crash, weight: 1 },
);

interface OpenTry {
  readonly worker: number;
  readonly lease: Lease<PoolEndpoint>;
  hasHead: boolean;
}

/** Plays steps on pools of several workers over one memory. */
class Play {
  readonly stats: EndpointStats = createStats(rows);
  readonly pools: EndpointPool<PoolEndpoint>[];
  readonly picked: number[] = [];
  open: OpenTry[] = [];
  nowMs: number = startMs;

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.pools = Array.from({ length: workers }, (_, index) => this.#createPool(index, random));
  }

  take(step: Step): void {
    const chosen = 'which' in step && this.open.length > 0 ? this.open[step.which % this.open.length]! : null;
    switch (step.do) {
      case 'pick':
        this.#pick(step.worker, step.retry, step.repeatable);
        return;
      case 'head':
        if (chosen !== null && !chosen.hasHead) chosen.lease.headReceived(this.nowMs, step.failed);
        if (chosen !== null) chosen.hasHead = true;
        return;
      case 'settle':
        chosen?.lease.settle(this.nowMs, step.outcome);
        this.open = this.open.filter((other) => other !== chosen);
        return;
      case 'sweep':
        for (const { lease } of this.open) lease.checkHung(this.nowMs);
        return;
      case 'wait':
        this.nowMs += step.ms;
        return;
      case 'update':
        this.pools[step.worker]!.update(
          step.ready.map((ready, row) => endpoint(row, { ready })),
          this.nowMs,
        );
        return;
      case 'crash':
        this.open = this.open.filter((other) => other.worker !== step.worker);
        this.stats.clearWorker(step.worker);
        this.pools[step.worker] = this.#createPool(step.worker, seededRandom(step.worker));
    }
  }

  inFlight(): number[] {
    return Array.from({ length: rows }, (_, row) => this.stats.inFlight(row));
  }

  #pick(index: number, retry: boolean, repeatable: boolean): void {
    const tried = retry && this.open.length > 0 ? [this.open[0]!.lease.endpoint] : null;
    const lease = this.pools[index]!.pick(this.nowMs, tried, repeatable);
    if (lease === null) return;
    this.picked.push(lease.endpoint.row);
    this.open.push({ worker: index, lease, hasHead: false });
  }

  #createPool(index: number, random: () => number): EndpointPool<PoolEndpoint> {
    const pool = createPool(0, { stats: this.stats, worker: index, random, maxInFlight: 20 });
    pool.update(endpoints(rows), this.nowMs);
    return pool;
  }
}

test('what is in flight is what is open: never negative, never above the limit, nothing left in the end', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(churn, { maxLength: 200 }), (seed, steps) => {
      const play = new Play(seed);
      for (const step of steps) {
        play.take(step);
        const open = Array.from(
          { length: rows },
          (_, row) => play.open.filter((t) => t.lease.endpoint.row === row).length,
        );
        expect(play.inFlight()).toEqual(open);
        expect(Math.max(...open)).toBeLessThanOrEqual(20);
      }
      for (const { lease } of play.open) lease.settle(play.nowMs, 'cancelled');
      expect(play.inFlight()).toEqual(new Array(rows).fill(0));
    }),
    runs,
  );
});

test('no more than half of a pool is ever out', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(traffic, { maxLength: 300 }), (seed, steps) => {
      const play = new Play(seed);
      for (const step of steps) {
        play.take(step);
        const out = endpoints(rows).filter(({ row }) => play.stats.isOut(row)).length;
        expect(out).toBeLessThanOrEqual(rows * defaultOutlier.maxEjectedRatio);
      }
    }),
    runs,
  );
});

test('a pool with endpoints refuses only when all that may be used are full', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(traffic, { maxLength: 300 }), (seed, steps) => {
      const play = new Play(seed);
      for (const step of steps) {
        play.take(step);
        const lease = play.pools[0]!.pick(play.nowMs, null);
        if (lease === null) {
          expect(play.pools[0]!.lastRefusal).toBe('overloaded');
          const usable = endpoints(rows).filter(({ row }) => !play.stats.isOut(row));
          expect(usable.every(({ row }) => play.stats.inFlight(row) === 20)).toBe(true);
        }
        lease?.settle(play.nowMs, 'cancelled');
      }
    }),
    runs,
  );
});

test('a retry goes to an endpoint that was not tried', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(traffic, { maxLength: 200 }), fc.nat(rows - 1), (seed, steps, row) => {
      const play = new Play(seed);
      for (const step of steps) play.take(step);
      const lease = play.pools[0]!.pick(play.nowMs, [endpoint(row)]);
      const others = endpoints(rows).filter((other) => {
        return other.row !== row && !play.stats.isOut(other.row) && play.stats.inFlight(other.row) < 20;
      });
      if (lease?.endpoint.row === row) expect(others).toEqual([]);
    }),
    runs,
  );
});

test('the same steps with the same seed make the same choices', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(churn, { maxLength: 150 }), (seed, steps) => {
      const [first, second] = [new Play(seed), new Play(seed)];
      for (const step of steps) {
        first.take(step);
        second.take(step);
      }
      expect(second.picked).toEqual(first.picked);
      expect(second.stats.reals).toEqual(first.stats.reals);
    }),
    { ...runs, numRuns: Math.ceil(runs.numRuns / 3) },
  );
});
