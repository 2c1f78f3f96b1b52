import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApiError } from './kube-error.ts';

export interface BackoffTiming {
  /** Before the second try. */
  readonly firstMs: number;
  /** While there is no answer at all: asking a server that is away costs it nothing, and its return is to be noticed soon. */
  readonly maxUnreachableMs: number;
  /** While it answers, but not with what is wanted. */
  readonly maxRefusedMs: number;
}

export const defaultBackoff: BackoffTiming = { firstMs: 250, maxUnreachableMs: 5_000, maxRefusedMs: 15_000 };

/** A server may ask for patience, but not for ever. */
const maxRetryAfterMs = 60_000;

/**
 * Waits that double from failure to failure, between half and all of it by chance, so that replicas and kinds do not come back as one. A server
 * that answers again after it was away is asked again soon, whatever it answers: in its first second it knows no rights and refuses everybody.
 */
export class Backoff {
  readonly #timing: BackoffTiming;
  readonly #random: () => number;
  #failures = 0;
  #wasAway = false;

  constructor(timing: BackoffTiming, random: () => number) {
    this.#timing = timing;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** All is well again. */
  reset(): void {
    this.#failures = 0;
  }

  /** How long to wait after one more failure. What the server asks for is waited for, and a little longer. */
  nextMs(error: KubeApiError): number {
    const { firstMs, maxUnreachableMs, maxRefusedMs } = this.#timing;
    const isAway = error.status === 0;
    if (this.#wasAway && !isAway) this.#failures = 0;
    this.#wasAway = isAway;
    const maxMs = isAway ? maxUnreachableMs : maxRefusedMs;
    const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    const waitMs = fullMs * (0.5 + this.#random() / 2);
    const askedMs = Math.min(error.retryAfterMs ?? 0, maxRetryAfterMs);
    return askedMs === 0 ? waitMs : Math.max(waitMs, askedMs + (this.#random() * fullMs) / 2);
  }
}

/** Resolves early, without an error, when `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal, ref: false });
  } catch {
    // Aborted: the caller looks at its signal.
  }
}
