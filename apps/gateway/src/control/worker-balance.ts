/** What a worker's event loop did since it began, in milliseconds. */
export interface WorkerTime {
  /** Index of the worker. */
  readonly worker: number;
  readonly busyMs: number;
  readonly idleMs: number;
}

/** Connections with this share of the worker's requests should come back elsewhere, 0 to 1. */
export interface Shedding {
  readonly worker: number;
  readonly share: number;
}

export interface BalanceTerms {
  /** Balancing begins when one worker is busier than the one and another less than the other, on the average of `looksBefore`. */
  readonly busyAbove: number;
  readonly idleBelow: number;
  readonly looksBefore: number;
  /** It goes on until all are this near to the mean, as a share of it. */
  readonly tolerance: number;
  /** Or until none is busier than this: then it is not worth asking anybody. */
  readonly quietBelow: number;
  /** After connections were shed the next look is thrown away, because they leave and come back in it, and at least as many are averaged. */
  readonly looksBetween: number;
  /** It is believed to be done after as many looks: one peak must not end it. */
  readonly looksAfter: number;
  /** When this often was not enough it rests: perhaps the load is one connection, or all clients always come back to the same worker. */
  readonly maxRounds: number;
  readonly restMs: number;
  readonly maxRestMs: number;
}

/** `decide` is to be called this often. */
export const lookMs = 250;

export const balanceTerms: BalanceTerms = {
  busyAbove: 0.8,
  idleBelow: 0.5,
  looksBefore: 4,
  tolerance: 0.1,
  quietBelow: 0.3,
  looksBetween: 2,
  looksAfter: 8,
  maxRounds: 20,
  restMs: 10_000,
  maxRestMs: 600_000,
};

/**
 * Decides when the workers of one process should share their connections anew. The kernel spreads new connections by a hash, without regard
 * to load: eight busy connections may well all be on one of two workers.
 *
 * A worker that has too much sheds what it has above the mean and no more. The kernel gives a part of that back to it; what arrives
 * elsewhere is never more than intended, so nothing swings, and the excess falls with each round.
 */
export class WorkerBalance {
  readonly #terms: BalanceTerms;
  /** Totals at the last look, by worker. */
  #last = new Map<number, WorkerTime>();
  /** Busy shares of the last looks, newest last, by worker. All have as many. */
  #shares = new Map<number, number[]>();
  /** Rounds of the balancing in progress; 0 for none. */
  #rounds: number = 0;
  #skip: boolean = false;
  #restUntilMs: number = Number.NEGATIVE_INFINITY;
  #restMs: number;

  constructor(terms: BalanceTerms = balanceTerms) {
    this.#terms = terms;
    this.#restMs = terms.restMs;
  }

  /** `times` of all workers that serve. Answers what to shed now, mostly nothing. `nowMs` is monotonic. */
  decide(nowMs: number, times: readonly WorkerTime[]): readonly Shedding[] {
    const looks = this.#look(times);
    if (looks < (this.#rounds > 0 ? this.#terms.looksBetween : this.#terms.looksBefore) || nowMs < this.#restUntilMs) {
      return [];
    }
    const most = this.#rounds > 0 ? looks : this.#terms.looksBefore;
    const busy = [...this.#shares].map(([worker, shares]) => ({ worker, share: average(shares.slice(-most)) }));
    return this.#rounds > 0 || this.#isLopsided(busy) ? this.#balance(nowMs, looks, busy) : [];
  }

  #balance(nowMs: number, looks: number, busy: readonly Shedding[]): readonly Shedding[] {
    const { maxRounds, looksAfter } = this.#terms;
    const mean = average(busy.map(({ share }) => share));
    const isDone = this.#isDone(busy, mean);
    if (isDone || this.#rounds >= maxRounds) {
      if (!isDone || looks >= looksAfter) this.#rest(nowMs, isDone);
      return [];
    }
    this.#rounds++;
    this.#forget();
    this.#skip = true;
    return busy
      .filter(({ share }) => share > mean)
      .map(({ worker, share }) => ({ worker, share: (share - mean) / share }));
  }

  #isDone(busy: readonly Shedding[], mean: number): boolean {
    const { tolerance, quietBelow } = this.#terms;
    const isEven = busy.every(({ share }) => Math.abs(share - mean) <= tolerance * mean);
    return isEven || busy.every(({ share }) => share < quietBelow);
  }

  #rest(nowMs: number, successful: boolean): void {
    const { restMs, maxRestMs } = this.#terms;
    this.#restUntilMs = nowMs + this.#restMs;
    this.#restMs = successful ? restMs : Math.min(2 * this.#restMs, maxRestMs);
    this.#rounds = 0;
    this.#forget();
  }

  #isLopsided(busy: readonly Shedding[]): boolean {
    const { busyAbove, idleBelow } = this.#terms;
    return busy.some(({ share }) => share > busyAbove) && busy.some(({ share }) => share < idleBelow);
  }

  /** Takes in how busy all were since the last look. Returns how many looks there are to judge by. */
  #look(times: readonly WorkerTime[]): number {
    const same = times.length === this.#last.size && times.every(({ worker }) => this.#last.has(worker));
    if (!same || this.#skip) this.#forget();
    if (same && !this.#skip) for (const time of times) this.#note(time);
    if (!same) this.#rounds = 0;
    this.#skip = false;
    this.#last = new Map(times.map((time) => [time.worker, time]));
    return this.#shares.size < 2 ? 0 : this.#shares.values().next().value!.length;
  }

  #note(time: WorkerTime): void {
    const last = this.#last.get(time.worker)!;
    const busyMs = time.busyMs - last.busyMs;
    const sumMs = busyMs + time.idleMs - last.idleMs;
    const shares = this.#shares.get(time.worker) ?? [];
    this.#shares.set(time.worker, shares);
    // One that does not get to say how busy it is is very busy.
    shares.push(sumMs > 0 ? busyMs / sumMs : 1);
    if (shares.length > Math.max(this.#terms.looksBefore, this.#terms.looksAfter)) shares.shift();
  }

  #forget(): void {
    this.#shares = new Map();
  }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
