import { setImmediate as settle } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';
import type { KubeApi } from '../../src/kube-api.ts';
import { KubeApiError } from '../../src/kube-error.ts';
import { Lease } from '../../src/lease.ts';
import type { LeaseRecord } from '../../src/lease-record.ts';

/** Of a candidate's clock. */
export interface SimulatedClock {
  readonly rate: number;
  readonly offsetMs: number;
}

/**
 * - `freeze`: the process stands still, its clock goes on
 * - `cut`: its requests go nowhere
 * - `lose-answers`: its requests are done, the answers are lost
 * - `slow`: its messages take up to 20 s each way
 * - `stop`: it is told to stop, for good
 */
export interface Trouble {
  readonly atMs: number;
  readonly forMs: number;
  readonly who: number;
  readonly what: 'freeze' | 'cut' | 'lose-answers' | 'slow' | 'stop';
}

/** Candidates for one lease in a world whose only true time is here: everything that takes time is an event in a queue. */
export class SimulatedLeases {
  /** At one moment. */
  mostLeaders = 0;
  readonly leaders: Set<number> = new Set();
  readonly history: string[] = [];
  readonly #candidates: readonly Candidate[];
  readonly #troubles: Trouble[] = [];
  readonly #server = new LeaseServer();
  readonly #random: () => number;
  readonly #events: SimulatedEvent[] = [];
  #order = 0;
  #nowMs = 0;

  constructor(clocks: readonly SimulatedClock[], troubles: readonly Trouble[], seed: number) {
    this.#random = randomOf(seed);
    this.#candidates = clocks.map((clock, who) => this.#join(clock, who));
    for (const one of troubles) this.trouble({ ...one, who: one.who % clocks.length });
  }

  trouble(trouble: Trouble): void {
    this.#troubles.push(trouble);
    if (trouble.what === 'stop') this.#at(trouble.atMs, trouble.who, () => this.stop(trouble.who));
  }

  stop(who: number): void {
    this.#candidates[who]!.stop.abort();
  }

  /** Those that think they lead. */
  get leading(): readonly number[] {
    return this.#candidates.flatMap(({ lease }, who) => (lease.isLeader ? [who] : []));
  }

  /** Lets everything happen that happens until `untilMs`. */
  async run(untilMs: number): Promise<void> {
    await settle();
    for (;;) {
      const next = this.#next();
      if (next === undefined || next.atMs > untilMs) break;
      this.#events.splice(this.#events.indexOf(next), 1);
      this.#nowMs = next.atMs;
      this.#look();
      next.act();
      await settle();
      this.#look();
    }
    this.#nowMs = untilMs;
    this.#look();
  }

  #next(): SimulatedEvent | undefined {
    let first: SimulatedEvent | undefined;
    for (const event of this.#events) {
      if (first === undefined || event.atMs < first.atMs || (event.atMs === first.atMs && event.order < first.order)) {
        first = event;
      }
    }
    return first;
  }

  #look(): void {
    const { leading } = this;
    this.mostLeaders = Math.max(this.mostLeaders, leading.length);
    for (const who of leading) this.leaders.add(who);
    const line = leading.join(',');
    if (this.history.at(-1)?.split(' ')[1] !== line) this.history.push(`${Math.round(this.#nowMs)} ${line}`);
  }

  #join({ rate, offsetMs }: SimulatedClock, who: number): Candidate {
    const clock: Clock = {
      nowMs: () => offsetMs + this.#nowMs * rate,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) return resolve();
          signal.addEventListener('abort', () => resolve(), { once: true });
          this.#at(this.#nowMs + ms / rate, who, resolve);
        }),
    };
    const lease = new Lease({
      api: this.#apiOf(who),
      namespace: 'system',
      name: 'leader',
      identity: `candidate-${who}`,
      onChange: () => {},
      log: { info: () => {}, warn: () => {}, error: () => {} },
      clock,
      // Wall clocks are anything.
      wallClock: () => new Date(1_000_000_000_000 * this.#random()),
      random: this.#random,
    });
    const stop = new AbortController();
    void lease.run(stop.signal);
    return { lease, stop };
  }

  #apiOf(who: number): Pick<KubeApi, 'get' | 'create' | 'update'> {
    const call = <T>(act: () => LeaseRecord): Promise<T> => this.#call(who, act) as Promise<T>;
    return {
      get: (path) => call(() => this.#server.get(path)),
      create: (_, body) => call(() => this.#server.create(body as LeaseRecord)),
      update: (_, body) => call(() => this.#server.update(body as LeaseRecord)),
    };
  }

  /** A request is done some time after it was sent; its sender may have given up by then. */
  #call(who: number, act: () => LeaseRecord): Promise<LeaseRecord> {
    return new Promise((resolve, reject) => {
      const give = (atMs: number, what: () => void): void => this.#at(atMs, who, what);
      const fail = (): void => reject(new KubeApiError(0, 'Unreachable', 'no answer'));
      give(this.#nowMs + giveUpMs, fail);
      if (this.#suffers(who, 'cut')) return;
      // What is under way does not care whether its sender stands still.
      this.#at(this.#nowMs + this.#delayMs(who), nobody, () => {
        const answer = attempt(act);
        if (this.#suffers(who, 'lose-answers')) return;
        give(this.#nowMs + this.#delayMs(who), () =>
          answer instanceof KubeApiError ? reject(answer) : resolve(answer),
        );
      });
    });
  }

  #delayMs(who: number): number {
    return this.#random() * (this.#suffers(who, 'slow') ? 20_000 : 50);
  }

  #suffers(who: number, what: Trouble['what'], atMs: number = this.#nowMs): boolean {
    return this.#troubles.some(
      (one) => one.who === who && one.what === what && one.atMs <= atMs && atMs < one.atMs + one.forMs,
    );
  }

  /** A process that stands still does everything later. */
  #at(atMs: number, who: number, act: () => void): void {
    let thenMs = atMs;
    for (;;) {
      const freeze = this.#troubles.find(
        (one) => one.who === who && one.what === 'freeze' && one.atMs <= thenMs && thenMs < one.atMs + one.forMs,
      );
      if (freeze === undefined) break;
      thenMs = freeze.atMs + freeze.forMs;
    }
    this.#events.push({ atMs: thenMs, order: this.#order++, act });
  }
}

interface SimulatedEvent {
  readonly atMs: number;
  readonly order: number;
  readonly act: () => void;
}

const nobody = -1;
/** Later than is good for a leader: it must be right even so. */
const giveUpMs = 14_000;

interface Candidate {
  readonly lease: Lease;
  readonly stop: AbortController;
}

/** One Lease, with the API server's promise: a write succeeds only on what it was read as. */
class LeaseServer {
  #record: LeaseRecord | null = null;
  #version = 100;

  get(path: string): LeaseRecord {
    if (this.#record === null) throw new KubeApiError(404, 'NotFound', `${path} not found`);
    return this.#record;
  }

  create(body: LeaseRecord): LeaseRecord {
    if (this.#record !== null) throw new KubeApiError(409, 'AlreadyExists', 'is there');
    return this.#put(body);
  }

  update(body: LeaseRecord): LeaseRecord {
    if (body.metadata.resourceVersion !== this.#record?.metadata.resourceVersion) {
      throw new KubeApiError(409, 'Conflict', 'was modified');
    }
    return JSON.stringify(body.spec) === JSON.stringify(this.#record?.spec) ? this.#record! : this.#put(body);
  }

  #put(body: LeaseRecord): LeaseRecord {
    this.#record = { ...body, metadata: { ...body.metadata, resourceVersion: String(++this.#version) } };
    return this.#record;
  }
}

function attempt(act: () => LeaseRecord): LeaseRecord | KubeApiError {
  try {
    return act();
  } catch (error) {
    return error as KubeApiError;
  }
}

/** mulberry32 */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
