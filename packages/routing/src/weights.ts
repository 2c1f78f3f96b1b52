/**
 * Whose turn it is in a weighted split. Any window of `period` consecutive turns gives every index exactly its share, and shorter windows
 * come as close as whole numbers allow within a few turns, so that 500 requests over weights 900 : 100 are never off by percents.
 *
 * No state: the index follows from the turn alone, and threads that draw turns from one shared counter split as one. Turn t stands at
 * place t × step modulo period, and the places are dealt out to the indexes in proportion. A step without common factor with the period visits every place once
 * per period; one near the golden section spreads any run of turns evenly over the places (three-distance theorem).
 */
export class WeightedSequence {
  /** The sum of the weights without their common factor: turns until the sequence repeats. */
  readonly period: number;
  readonly #step: number;
  /** Exclusive end of each index's places. */
  readonly #ends: Float64Array;

  /** Weights are whole and not negative. A sum of 2^26 or more (the API allows sixteen million) is scaled down, and no longer exact. */
  constructor(weights: readonly number[]) {
    const reduced = reduce(weights);
    this.#ends = new Float64Array(reduced.length);
    let end = 0;
    for (const [i, weight] of reduced.entries()) {
      end += weight;
      this.#ends[i] = end;
    }
    this.period = end;
    this.#step = spreadingStep(end);
  }

  /** The index whose turn it is; -1 without weights. `turn` is any whole number, also a negative one: a shared Int32 counter wraps. */
  at(turn: number): number {
    if (this.period <= 1) return this.period === 0 ? -1 : this.#indexAt(0);
    return this.#indexAt((((turn >>> 0) % this.period) * this.#step) % this.period);
  }

  #indexAt(place: number): number {
    let i = 0;
    while (place >= this.#ends[i]!) i++;
    return i;
  }
}

/** `turn × step` has to stay below 2^53. */
const maxPeriod = 2 ** 26;

/** The same proportions in smaller numbers. */
function reduce(weights: readonly number[]): readonly number[] {
  const factor = weights.reduce(commonFactor, 0) || 1;
  const reduced = weights.map((weight) => weight / factor);
  const sum = reduced.reduce((a, b) => a + b, 0);
  return sum < maxPeriod ? reduced : reduced.map((weight) => Math.ceil((weight / sum) * (maxPeriod / 2)));
}

function commonFactor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** How far around the golden section to look. */
const reach = 64;

/** Of the numbers near the golden section of `period` that have no factor in common with it, the one that spreads best. */
function spreadingStep(period: number): number {
  const golden = Math.round(period * 0.6180339887498949);
  let best = 1;
  let bestQuotient = Number.POSITIVE_INFINITY;
  for (let distance = 0; distance <= reach; distance++) {
    for (const step of [golden - distance, golden + distance]) {
      if (step < 1 || step >= period || commonFactor(step, period) !== 1) continue;
      const quotient = largestQuotient(step, period);
      if (quotient < bestQuotient) {
        best = step;
        bestQuotient = quotient;
      }
    }
  }
  return best;
}

/** The largest partial quotient of step / period as a continued fraction: the smaller, the more evenly its multiples lie. */
function largestQuotient(step: number, period: number): number {
  let largest = 0;
  for (let a = period, b = step; b !== 0; [a, b] = [b, a % b]) largest = Math.max(largest, Math.floor(a / b));
  return largest;
}
