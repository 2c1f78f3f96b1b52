import { describe, expect, it } from 'vitest';
import { chooseToShed } from '../data/shedding.ts';
import { Tenure } from '../data/tenure.ts';
import { defaultSettings } from '../settings.ts';
import { balanceTerms, lookMs, type Shedding, WorkerBalance } from './worker-balance.ts';

/** Busy shares of workers look by look. */
class Looks {
  readonly balance = new WorkerBalance();
  nowMs: number = 0;
  readonly #busyMs: number[] = [];
  readonly #idleMs: number[] = [];

  /** NaN: the worker did not get to say. */
  next(...shares: number[]): readonly Shedding[] {
    this.nowMs += lookMs;
    const times = shares.map((share, worker) => {
      const busyMs = (this.#busyMs[worker] ?? 0) + (Number.isNaN(share) ? 0 : share * lookMs);
      const idleMs = (this.#idleMs[worker] ?? 0) + (Number.isNaN(share) ? 0 : (1 - share) * lookMs);
      this.#busyMs[worker] = busyMs;
      this.#idleMs[worker] = idleMs;
      return { worker, busyMs, idleMs };
    });
    return this.balance.decide(this.nowMs, times);
  }

  times(count: number, ...shares: number[]): readonly Shedding[] {
    let all: readonly Shedding[] = [];
    for (let i = 0; i < count; i++) all = [...all, ...this.next(...shares)];
    return all;
  }
}

describe('the balance between workers', () => {
  it('asks for the excess of a worker that is busy while another is not', () => {
    const looks = new Looks();
    // The first look says nothing yet: there is none before it.
    expect(looks.times(balanceTerms.looksBefore, 0.9, 0.1)).toEqual([]);
    const [shedding, ...more] = looks.next(0.9, 0.1);
    expect(more).toEqual([]);
    expect(shedding!.worker).toBe(0);
    expect(shedding!.share).toBeCloseTo(0.4 / 0.9);
  });

  it.each([
    ['both are busy', [1, 0.6]],
    ['none is very busy', [0.7, 0.1]],
    ['both are idle', [0.01, 0]],
    ['it is alone', [1]],
  ])('leaves all as they are when %s', (_what, shares) => {
    expect(new Looks().times(40, ...shares)).toEqual([]);
  });

  it('does not act on a short peak', () => {
    const looks = new Looks();
    for (let i = 0; i < 20; i++) {
      expect(looks.times(3, 0.5, 0.3)).toEqual([]);
      expect(looks.times(1, 1, 0.3)).toEqual([]);
    }
  });

  it('takes a worker that has no time to say so for busy', () => {
    const looks = new Looks();
    looks.times(2, 0.9, 0.1);
    expect(looks.times(4, Number.NaN, 0.1).length).toBe(1);
  });

  it('goes on below the first thresholds until all are near the mean, then rests', () => {
    const looks = new Looks();
    expect(looks.times(5, 0.9, 0.1).length).toBe(1);
    // One look is thrown away, two are averaged.
    expect(looks.times(2, 0.65, 0.35)).toEqual([]);
    const [second] = looks.next(0.65, 0.35);
    expect(second!.share).toBeCloseTo(0.15 / 0.65);
    expect(looks.times(1 + balanceTerms.looksAfter, 0.54, 0.46)).toEqual([]);
    const restEndMs = looks.nowMs + balanceTerms.restMs;
    while (looks.nowMs + lookMs < restEndMs) expect(looks.next(1, 0)).toEqual([]);
    expect(looks.next(1, 0).length).toBe(1);
  });

  it('gives up on what it can not change, for longer each time', () => {
    const looks = new Looks();
    const rounds: number[] = [];
    for (let i = 0; i < 4 * 200; i++) if (looks.next(1, 0).length > 0) rounds.push(looks.nowMs);
    const pauses = rounds.slice(1).map((atMs, i) => atMs - rounds[i]!);
    const rests = pauses.filter((pause) => pause > 1_000);
    expect(rests.length).toBeGreaterThanOrEqual(3);
    for (let i = 1; i < rests.length; i++) expect(rests[i]!).toBeGreaterThan(rests[i - 1]! * 1.7);
    expect(
      rounds.findIndex(
        (atMs) => atMs === rounds[0]! + pauses.slice(0, balanceTerms.maxRounds - 1).reduce((a, b) => a + b, 0),
      ),
    ).toBe(balanceTerms.maxRounds - 1);
  });

  it('stops when the load is gone', () => {
    const looks = new Looks();
    looks.times(5, 0.9, 0.1);
    expect(looks.times(20, 0.02, 0.001)).toEqual([]);
  });

  it('asks each of several workers for what it has above the mean', () => {
    const looks = new Looks();
    const asked = looks.times(5, 0.9, 0.9, 0.1, 0.1);
    expect(asked.map(({ worker }) => worker)).toEqual([0, 1]);
    for (const { share } of asked) expect(share).toBeCloseTo(0.4 / 0.9);
  });

  it('begins anew when a worker is replaced', () => {
    const balance = new WorkerBalance();
    const times = (index: number, n: number) => [
      { worker: 0, busyMs: 250 * n, idleMs: 0 },
      { worker: index, busyMs: 0, idleMs: 250 * n },
    ];
    for (let n = 1; n <= 4; n++) expect(balance.decide(n * lookMs, times(1, n))).toEqual([]);
    for (let n = 5; n <= 8; n++) expect(balance.decide(n * lookMs, times(2, n))).toEqual([]);
    expect(balance.decide(9 * lookMs, times(2, 9)).length).toBe(1);
  });
});

/** Connections with their rates on workers, as the kernel deals them out. */
class Simulation {
  /** Connections asked to leave. */
  asked: number = 0;
  readonly #random: () => number;
  readonly #workers: number;
  readonly #connections: {
    rate: number;
    worker: number;
    tenure: Tenure;
    scope: { settings: typeof defaultSettings.downstream };
  }[];
  readonly #balance = new WorkerBalance();
  readonly #busyMs: number[];
  #nowMs: number = 0;

  /** `rates`: busy shares that the connections make. All begin at worker 0. */
  constructor(seed: number, workers: number, rates: readonly number[]) {
    this.#random = mulberry32(seed);
    this.#workers = workers;
    this.#busyMs = new Array<number>(workers).fill(0);
    this.#connections = rates.map((rate) => ({
      rate,
      worker: 0,
      tenure: new Tenure(0, 0),
      scope: { settings: defaultSettings.downstream },
    }));
  }

  /** Each worker's load, which may be above 1. */
  get loads(): number[] {
    const loads = new Array<number>(this.#workers).fill(0);
    for (const { rate, worker } of this.#connections) loads[worker]! += rate;
    return loads;
  }

  /** How far the worst is from the mean, as a share of it. */
  get spread(): number {
    const mean = this.loads.reduce((sum, load) => sum + load, 0) / this.#workers;
    return Math.max(...this.loads.map((load) => Math.abs(load - mean))) / mean;
  }

  run(ms: number): void {
    for (const endMs = this.#nowMs + ms; this.#nowMs < endMs; ) this.#look();
  }

  #look(): void {
    this.#nowMs += lookMs;
    const { loads } = this;
    for (const { rate, worker, tenure } of this.#connections) {
      // As many as the worker has time for, 1,000 in a second; no two looks are the same.
      const count = (rate / Math.max(1, loads[worker]!)) * 250 * (0.8 + 0.4 * this.#random());
      for (let i = 0; i < count; i++) tenure.countRequest(this.#window);
    }
    const times = loads.map((load, worker) => {
      this.#busyMs[worker]! += Math.min(1, load * (0.9 + 0.2 * this.#random())) * lookMs;
      return { worker, busyMs: this.#busyMs[worker]!, idleMs: this.#nowMs - this.#busyMs[worker]! };
    });
    for (const { worker, share } of this.#balance.decide(this.#nowMs, times)) this.#shed(worker, share);
  }

  #shed(worker: number, share: number): void {
    const own = this.#connections.filter((connection) => connection.worker === worker);
    for (const connection of chooseToShed(own as never[], share, this.#window) as typeof own) {
      this.asked++;
      connection.worker = Math.floor(this.#random() * this.#workers);
      connection.tenure = new Tenure(this.#nowMs, 0);
    }
  }

  get #window(): number {
    return Math.floor(this.#nowMs / 1_000);
  }
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('connections that all came to one worker', () => {
  const runs = 200;

  it.each([
    ['eight on two workers', 2, new Array<number>(8).fill(0.11), 0.99],
    ['eight with more to do than one worker can', 2, new Array<number>(8).fill(0.2), 0.97],
    ['a hundred on two workers', 2, new Array<number>(100).fill(0.01), 0.99],
    ['a hundred unequal ones', 2, Array.from({ length: 100 }, (_, i) => 0.002 + 0.0002 * i), 0.99],
    ['two hundred on four workers', 4, new Array<number>(200).fill(0.01), 0.9],
  ])('are even within a fifth after 10 s, with %s', (_what, workers, rates, share) => {
    let even = 0;
    let asked = 0;
    for (let seed = 0; seed < runs; seed++) {
      const simulation = new Simulation(seed, workers, rates);
      simulation.run(10_000);
      if (simulation.spread <= 0.2) even++;
      asked += simulation.asked;
    }
    expect(even / runs).toBeGreaterThanOrEqual(share);
    // Little more than those that had to go, twice: the kernel gives half of them back.
    expect(asked / runs).toBeLessThan(2.5 * rates.length);
  });

  it('stay when they are one', () => {
    const simulation = new Simulation(1, 2, [0.95]);
    simulation.run(60_000);
    expect(simulation.asked).toBe(0);
  });

  it('leave an elephant alone and take the others away from it', () => {
    for (let seed = 0; seed < 50; seed++) {
      const simulation = new Simulation(seed, 2, [0.85, 0.03, 0.03, 0.03, 0.03]);
      simulation.run(30_000);
      expect(simulation.loads[0]!).toBeGreaterThan(0.84);
      expect(simulation.loads[0]!).toBeLessThan(0.95);
    }
  });
});
