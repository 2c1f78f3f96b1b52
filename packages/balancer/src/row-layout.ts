/**
 * Where things lie in the shared memory of `EndpointStats`:
 *
 *   header | row 0 | row 1 | … | column of worker 0: one cell per row | column of worker 1 | …
 *
 * A row is what all threads know of one endpoint. A cell is one worker's own part: it alone writes it, so its sums are exact without atomics,
 * and what a crashed worker left behind can be taken back.
 *
 * Reals are aligned 64-bit floats written without atomics. Two workers that write one at the same moment lose one of two nearly equal
 * observations; the platforms we run on (x64, arm64) never tear an aligned 64-bit store. Counts are 32-bit and changed with Atomics wherever
 * losing a change would last.
 */

/** Workers have indexes below this. */
export const maxWorkers = 64;

export const headerReals = 8;
export const rowReals = 24;
export const cellReals = 4;

/** Bumped by whatever changes which endpoints may be used; the first count of the header. */
export const generationIndex = 0;

/** Offsets of 64-bit floats within a row. Times are of the clock all threads share; 0 is never. */
export const Real = {
  /** Peak EWMA of the time to the response head, as of `peakAtMs`. */
  peakMs: 0,
  /** 0: never measured. */
  peakAtMs: 1,
  /** Traffic is ramped up from here; 0: this row has not been put to use yet. */
  rampFromMs: 2,
  /** Out until then; afterwards in probation. Means something only while `Count.out` is 1. */
  ejectedUntilMs: 3,
  /** When it was last let back in; forgiveness counts from here. */
  recoveredAtMs: 4,
  /** Last response head, whatever it said. */
  headAtMs: 5,
  /** Start of the youngest try that was answered well. */
  answeredFromMs: 6,
  /** Last found hung. */
  hungAtMs: 7,
  /** Last asked only to learn its latency anew. */
  exploredAtMs: 8,
  /** Last ejected. */
  ejectedAtMs: 9,
  /** Plain moving average over its last answers; not a matter of time. */
  meanMs: 10,
  /** Last sent a request because it may be hung. */
  testedAtMs: 11,
} as const;

/** Offsets of 32-bit counts within a row. */
export const Count = {
  /** Tries of all workers, until their body ended. */
  inFlight: 24,
  consecutiveFailures: 25,
  /** Tries that wait for too long, see hung.ts. */
  overdue: 26,
  /** 1: ejected or in probation. */
  out: 27,
  /** The worker that probes it, plus 1; 0: none. */
  prober: 28,
  /** How often it was ejected without having been good in between. */
  ejectionLevel: 29,
  /** Ever. */
  ejections: 30,
  /** `windowSlices` × (slice number, requests, failures). */
  window: 31,
  /** How many of its first answers were measured, see latency.ts. */
  coldAnswers: 46,
} as const;

export const windowSlices = 5;

/** Offsets within a cell, all of them reals. */
export const Cell = { inFlight: 0, overdue: 1, requests: 2, failures: 3 } as const;
