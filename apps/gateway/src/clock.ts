/**
 * A monotonic clock in fractional milliseconds that all threads share: times that one thread writes into shared memory mean the same to
 * another. (`performance.now()` alone counts from the start of each thread.)
 */
export interface Clock {
  now(): number;
  /** `now()` minus `performance.now()` of this thread. */
  readonly offsetMs: number;
}

/** `baseNs`: `process.hrtime.bigint()` when the control thread started; zero of the clock. */
export function createClock(baseNs: bigint): Clock {
  const offsetMs = Number(process.hrtime.bigint() - baseNs) / 1e6 - performance.now();
  return { offsetMs, now: () => performance.now() + offsetMs };
}
