import type { PoolEndpoint } from '../member.ts';
import type { EventQueue } from './event-queue.ts';

/** 'killed': connections are refused and open ones reset. 'hung': takes requests and never answers. 'failing': answers 503 at once. */
export type Fault = 'none' | 'killed' | 'hung' | 'failing' | 'slow';

export type Answer = 'ok' | 'bad-status' | 'reset';

/** How long an answer takes on loopback without any work. */
const wireMs = 0.3;

/**
 * An endpoint of any capacity that answers after `delayMs`, most of the time: a few answers take several times as long, as they do on a real
 * machine, so that no policy can rely on equal samples.
 */
export class SimBackend implements PoolEndpoint {
  readonly key: string;
  readonly row: number;
  readonly ready: boolean = true;
  /** Of a healthy answer. */
  readonly delayMs: number;
  /** While `fault` is 'slow', answers take so many times as long. */
  slowness: number = 20;
  fault: Fault = 'none';
  /** Of the last fault or its end; hits and shares are counted from there. */
  readonly hitsAtMs: number[] = [];
  inFlight: number = 0;
  maxInFlight: number = 0;
  readonly #queue: EventQueue;
  readonly #random: () => number;
  readonly #open = new Set<(answer: Answer) => void>();

  constructor(row: number, delayMs: number, queue: EventQueue, random: () => number) {
    this.key = `10.0.0.${row + 1}:80`;
    this.row = row;
    this.delayMs = delayMs;
    this.#queue = queue;
    this.#random = random;
  }

  become(fault: Fault): void {
    this.fault = fault;
    if (fault !== 'killed') return;
    for (const answer of [...this.#open]) answer('reset');
  }

  /** `done` is called once, unless it hangs. Returns what gives the request up. */
  ask(done: (answer: Answer) => void): () => void {
    this.hitsAtMs.push(this.#queue.nowMs);
    this.inFlight++;
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight);
    const end = (answer: Answer) => {
      if (this.#leave(end)) done(answer);
    };
    this.#open.add(end);
    this.#answer(end);
    return () => void this.#leave(end);
  }

  #leave(request: (answer: Answer) => void): boolean {
    if (!this.#open.delete(request)) return false;
    this.inFlight--;
    return true;
  }

  #answer(end: (answer: Answer) => void): void {
    const { fault } = this;
    if (fault === 'hung') return;
    if (fault === 'killed') this.#queue.after(wireMs, () => end('reset'));
    else if (fault === 'failing') this.#queue.after(wireMs, () => end('bad-status'));
    else this.#queue.after(this.#serviceMs() * (fault === 'slow' ? this.slowness : 1), () => end('ok'));
  }

  #serviceMs(): number {
    const jitterMs = -Math.log(1 - this.#random()) * this.delayMs * 0.05;
    const isHiccup = this.#random() < 0.002;
    return wireMs + this.delayMs * (isHiccup ? 3 : 1) + jitterMs;
  }
}
