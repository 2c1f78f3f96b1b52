import type { RecyclingSettings } from '../settings.ts';

/** What is remembered of a client's connection, to decide when it should leave. Kept small: there is one for every idle connection. */
export class Tenure {
  /** Monotonic, whole milliseconds. */
  readonly openedMs: number;
  /** Which part of the jitter is this connection's: -1 to 1. */
  readonly jitter: number;
  /** Chosen to make room at its worker: its next request decides. */
  chosen: boolean = false;
  /** It was decided that the connection leaves. */
  leaving: boolean = false;
  /** A client that must never be asked has sent a request by it. */
  excluded: boolean = false;
  /** By which settings `excluded` was found out, and the last `User-Agent` that was looked at; null and undefined for none. */
  judgedBy: RecyclingSettings | null = null;
  judgedAgent: string | undefined;
  #window: number = 0;
  #requests: number = 0;
  #requestsBefore: number = 0;

  constructor(openedMs: number, jitter: number) {
    this.openedMs = openedMs;
    this.jitter = jitter;
  }

  /** `window`: number of the present window of time, one more for each. */
  countRequest(window: number): void {
    if (window !== this.#window) this.#begin(window);
    this.#requests++;
  }

  /** Requests in the present window and the one before. */
  recentRequests(window: number): number {
    if (window !== this.#window) this.#begin(window);
    return this.#requests + this.#requestsBefore;
  }

  #begin(window: number): void {
    this.#requestsBefore = window === this.#window + 1 ? this.#requests : 0;
    this.#requests = 0;
    this.#window = window;
  }
}
