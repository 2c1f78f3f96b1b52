import type { EndpointStats } from './endpoint-stats.ts';
import { Count, Real, windowSlices } from './row-layout.ts';

/**
 * When an endpoint is taken out, for how long, and how it comes back:
 *
 *            5 failures in a row, or success < 80 %,           time is over
 *   in use ──── or hung, if the pool can spare it ──▶ ejected ─────────────▶ probation: one request at a time
 *     ▲                                                  ▲                      │             │
 *     │                                                  └──── it failed ───────┘             │
 *     └────────────────────────── it was answered: ramped up again ───────────────────────────┘
 *
 * This file holds the rules and the row's state; which endpoints a pool can spare is the pool's to say.
 */
export interface OutlierSettings {
  /** Gateway-class failures in a row, over all workers. */
  readonly consecutiveFailures: number;
  /** Least share of successes over `windowMs`, once there were `minRequests`. */
  readonly minSuccessRatio: number;
  readonly windowMs: number;
  readonly minRequests: number;
  /** Times the ejections in a row, up to `maxEjectionMs`. */
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  /** Of a pool's endpoints; never more are out. */
  readonly maxEjectedRatio: number;
  /** With less than this share in use, all are used. */
  readonly panicRatio: number;
}

export const defaultOutlier: OutlierSettings = {
  consecutiveFailures: 5,
  minSuccessRatio: 0.8,
  windowMs: 10_000,
  minRequests: 20,
  baseEjectionMs: 10_000,
  maxEjectionMs: 300_000,
  maxEjectedRatio: 0.5,
  panicRatio: 0.5,
};

/** An answer came: failures are not in a row any more. */
export function noteAnswer(stats: EndpointStats, row: number): void {
  const index = stats.countsOf(row) + Count.consecutiveFailures;
  if (stats.counts[index] !== 0) Atomics.store(stats.counts, index, 0);
}

/** Counts a request that succeeded. */
export function countSuccess(stats: EndpointStats, row: number, nowMs: number, settings: OutlierSettings): void {
  Atomics.add(stats.counts, sliceOf(stats, row, nowMs, settings) + 1, 1);
}

/** Counts a request that failed. True: the endpoint deserves to be ejected. */
export function countFailure(stats: EndpointStats, row: number, nowMs: number, settings: OutlierSettings): boolean {
  const slice = sliceOf(stats, row, nowMs, settings);
  Atomics.add(stats.counts, slice + 1, 1);
  Atomics.add(stats.counts, slice + 2, 1);
  const inARow = Atomics.add(stats.counts, stats.countsOf(row) + Count.consecutiveFailures, 1) + 1;
  return inARow >= settings.consecutiveFailures || failsTooOften(stats, row, nowMs, settings);
}

/**
 * In use → ejected. False when it is out already. Each `baseEjectionMs` of good behaviour since it was let back in forgives one earlier
 * ejection.
 */
export function eject(stats: EndpointStats, row: number, nowMs: number, settings: OutlierSettings): boolean {
  if (stats.isOut(row)) return false;
  const counts = stats.countsOf(row);
  // Before `out` is seen: an old time would look like probation.
  stats.reals[stats.realsOf(row) + Real.ejectedUntilMs] = nowMs + settings.baseEjectionMs;
  if (Atomics.compareExchange(stats.counts, counts + Count.out, 0, 1) !== 0) return false;
  const goodMs = nowMs - stats.reals[stats.realsOf(row) + Real.recoveredAtMs]!;
  const forgiven = Math.max(0, Math.floor(goodMs / settings.baseEjectionMs));
  shut(stats, row, Math.max(0, stats.counts[counts + Count.ejectionLevel]! - forgiven) + 1, nowMs, settings);
  return true;
}

/** Probation → ejected, for longer than before. For the worker whose probe failed. */
export function ejectAgain(stats: EndpointStats, row: number, nowMs: number, settings: OutlierSettings): void {
  shut(stats, row, stats.counts[stats.countsOf(row) + Count.ejectionLevel]! + 1, nowMs, settings);
}

/** Undoes an `eject` that the pool can't afford, as if it had not been. */
export function pardon(stats: EndpointStats, row: number): void {
  const counts = stats.countsOf(row);
  Atomics.sub(stats.counts, counts + Count.ejectionLevel, 1);
  Atomics.sub(stats.counts, counts + Count.ejections, 1);
  Atomics.store(stats.counts, counts + Count.out, 0);
  stats.touch();
}

/** Ejected or in probation → in use, with a clean slate and a ramp. */
export function readmit(stats: EndpointStats, row: number, nowMs: number): void {
  const base = stats.realsOf(row);
  const counts = stats.countsOf(row);
  stats.counts.fill(0, counts + Count.window, counts + Count.window + 3 * windowSlices);
  Atomics.store(stats.counts, counts + Count.consecutiveFailures, 0);
  stats.reals[base + Real.recoveredAtMs] = nowMs;
  stats.reals[base + Real.rampFromMs] = nowMs;
  Atomics.store(stats.counts, counts + Count.out, 0);
  stats.touch();
}

/** Makes this worker the one that probes the endpoint in probation. One probe at a time, whoever sends it. */
export function claimProbe(stats: EndpointStats, row: number, worker: number): boolean {
  return Atomics.compareExchange(stats.counts, stats.countsOf(row) + Count.prober, 0, worker + 1) === 0;
}

export function releaseProbe(stats: EndpointStats, row: number, worker: number): void {
  Atomics.compareExchange(stats.counts, stats.countsOf(row) + Count.prober, worker + 1, 0);
}

function shut(stats: EndpointStats, row: number, level: number, nowMs: number, settings: OutlierSettings): void {
  const counts = stats.countsOf(row);
  const lengthMs = Math.min(settings.baseEjectionMs * level, settings.maxEjectionMs);
  const base = stats.realsOf(row);
  stats.reals[base + Real.ejectedAtMs] = nowMs;
  stats.reals[base + Real.ejectedUntilMs] = nowMs + lengthMs;
  stats.counts[counts + Count.ejectionLevel] = level;
  Atomics.add(stats.counts, counts + Count.ejections, 1);
  stats.touch();
}

/** Index of the slice number of the slice that `nowMs` falls into, emptied if it was still an old one's. */
function sliceOf(stats: EndpointStats, row: number, nowMs: number, settings: OutlierSettings): number {
  const number = sliceNumber(nowMs, settings);
  const index = stats.countsOf(row) + Count.window + 3 * (number % windowSlices);
  const old = stats.counts[index]!;
  // The one that turns the page empties it; what another worker counts in between is lost, a few requests in seconds.
  if (old !== number && Atomics.compareExchange(stats.counts, index, old, number) === old) {
    Atomics.store(stats.counts, index + 1, 0);
    Atomics.store(stats.counts, index + 2, 0);
  }
  return index;
}

function failsTooOften(stats: EndpointStats, row: number, nowMs: number, settings: OutlierSettings): boolean {
  const newest = sliceNumber(nowMs, settings);
  const end = stats.countsOf(row) + Count.window + 3 * windowSlices;
  let requests = 0;
  let failures = 0;
  for (let index = end - 3 * windowSlices; index < end; index += 3) {
    if (stats.counts[index]! <= newest - windowSlices) continue;
    requests += stats.counts[index + 1]!;
    failures += stats.counts[index + 2]!;
  }
  return requests >= settings.minRequests && requests - failures < settings.minSuccessRatio * requests;
}

function sliceNumber(nowMs: number, settings: OutlierSettings): number {
  return Math.floor((nowMs * windowSlices) / settings.windowMs) & 0x7fffffff;
}
