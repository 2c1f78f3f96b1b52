import type { EndpointStats } from './endpoint-stats.ts';
import { Count, Real } from './row-layout.ts';

/**
 * Peak EWMA: an estimate that jumps up to a worse sample at once and moves down to better ones over time, so that a spike is believed
 * immediately and forgiven slowly. Fractional milliseconds: whole ones would make all endpoints inside a cluster look the same.
 *
 * Without samples the estimate moves down, but not to 0 as in Finagle, where silence makes the slowest endpoint the most attractive one: a
 * spike is forgotten down to the pool's mean, `restMs`; an endpoint whose own answers were slow on average stays as slow as that until it is
 * measured again. So the order of endpoints survives traffic so sparse that everything fades.
 *
 * Sources: Finagle PeakEwma, Eckner "Algorithms for unevenly spaced time series"; docs/adr/004.
 */

/** After this time without news, 63 % of the way to the new value is gone. */
export const decayMs = 10_000;

/**
 * An endpoint's first answers are its slowest: connections are set up, code on both sides runs for the first time. Until so many have come,
 * a better one is believed at once, and nothing is held against the endpoint.
 */
const coldAnswers = 4;

/** Weight of one sample in an endpoint's own mean. */
const meanGain = 1 / 8;
/** A sample counts as no more than this many times the own mean. */
const maxMeans = 4;
/** An own mean of this many times the pool's is no accident. */
const slowMeans = 2;

/** Expected time to the response head. `seedMs` stands for an endpoint that was never measured. Writes nothing. */
export function estimateMs(stats: EndpointStats, row: number, nowMs: number, restMs: number, seedMs: number): number {
  const base = stats.realsOf(row);
  const atMs = stats.reals[base + Real.peakAtMs]!;
  if (atMs === 0) return seedMs;
  const peakMs = stats.reals[base + Real.peakMs]!;
  const meanMs = stats.reals[base + Real.meanMs]!;
  const floorMs = meanMs > slowMeans * restMs ? meanMs : restMs;
  const fadedMs = peakMs <= floorMs ? peakMs : floorMs + (peakMs - floorMs) * kept(nowMs - atMs);
  return fadedMs;
}

/** So few answers have come, and nothing worse, that what is known says little. */
export function isCold(stats: EndpointStats, row: number): boolean {
  return stats.counts[stats.countsOf(row) + Count.coldAnswers]! < coldAnswers;
}

/** Something was learned that is no matter of a first time. */
export function endCold(stats: EndpointStats, row: number): void {
  stats.counts[stats.countsOf(row) + Count.coldAnswers] = coldAnswers;
}

/** Takes in a measured latency. */
export function observe(stats: EndpointStats, row: number, sampleMs: number, nowMs: number): void {
  if (isCold(stats, row)) {
    observeCold(stats, row, sampleMs, nowMs);
    return;
  }
  moveMean(stats, row, sampleMs);
  observePeak(stats, row, sampleMs, nowMs);
}

/** Takes in a measured latency that may not be the endpoint's own: it moves the mean but is no peak. */
export function observeGently(stats: EndpointStats, row: number, sampleMs: number, nowMs: number): void {
  if (isCold(stats, row)) {
    observeCold(stats, row, sampleMs, nowMs);
    return;
  }
  observePeak(stats, row, moveMean(stats, row, sampleMs), nowMs);
}

/** Takes in what is no answer's latency: a lower bound of one that is still growing, or a failure's penalty. */
export function observePeak(stats: EndpointStats, row: number, sampleMs: number, nowMs: number): void {
  const base = stats.realsOf(row);
  const { reals } = stats;
  const peakMs = reals[base + Real.peakMs]!;
  const atMs = reals[base + Real.peakAtMs]!;
  const share = kept(nowMs - atMs);
  reals[base + Real.peakMs] = atMs === 0 || sampleMs >= peakMs ? sampleMs : sampleMs + (peakMs - sampleMs) * share;
  reals[base + Real.peakAtMs] = nowMs;
}

/** Replaces all that is known. */
export function setEstimate(stats: EndpointStats, row: number, estimateMs: number, nowMs: number): void {
  const base = stats.realsOf(row);
  stats.reals[base + Real.meanMs] = estimateMs;
  stats.reals[base + Real.peakMs] = estimateMs;
  stats.reals[base + Real.peakAtMs] = nowMs;
}

/** The best so far for the peak, all of them for the mean. */
function observeCold(stats: EndpointStats, row: number, sampleMs: number, nowMs: number): void {
  const { reals } = stats;
  const base = stats.realsOf(row);
  const answers = stats.counts[stats.countsOf(row) + Count.coldAnswers]!++;
  const peakMs = reals[base + Real.peakAtMs] === 0 ? sampleMs : Math.min(sampleMs, reals[base + Real.peakMs]!);
  reals[base + Real.meanMs]! += (sampleMs - reals[base + Real.meanMs]!) / (answers + 1);
  reals[base + Real.peakMs] = peakMs;
  reals[base + Real.peakAtMs] = nowMs;
}

/** A single sample moves it by half at most. Returns what it is now. */
function moveMean(stats: EndpointStats, row: number, sampleMs: number): number {
  const index = stats.realsOf(row) + Real.meanMs;
  const meanMs = stats.reals[index]!;
  const bounded = Math.min(sampleMs, maxMeans * meanMs);
  const moved = meanMs === 0 ? sampleMs : meanMs + (bounded - meanMs) * meanGain;
  stats.reals[index] = moved;
  return moved;
}

/** e^(-elapsed/decay); a clock read by another thread may be a hair behind. */
function kept(elapsedMs: number): number {
  const x = elapsedMs / decayMs;
  if (x <= 0) return 1;
  // Between two samples of a busy endpoint: the series is exact to 2e-5 there and needs no call.
  return x < 0.05 ? 1 - x + x * x * 0.5 : Math.exp(-x);
}
