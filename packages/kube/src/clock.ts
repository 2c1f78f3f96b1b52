import { pause } from './backoff.ts';

/** Time as one process sees it. */
export interface Clock {
  /** Monotonic, in milliseconds; says nothing about other machines' clocks. */
  nowMs(): number;
  /** Resolves early, without an error, when `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = { nowMs: () => performance.now(), sleep: pause };
