/**
 * Bounds retries to a share of the requests, so that they can't turn an overload into an outage: over the last `windowMs`, at most
 * ratio × requests plus a floor of `minPerSecond`, without which a quiet gateway could never retry. One budget per worker.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #floor: number;
  /** Per slice of `sliceMs`. */
  readonly #requests = new Int32Array(slices);
  readonly #retries = new Int32Array(slices);
  #requestsInWindow = 0;
  #retriesInWindow = 0;
  #newest = 0;

  constructor(ratio: number, minPerSecond: number) {
    this.#ratio = ratio;
    this.#floor = (minPerSecond * slices * sliceMs) / 1_000;
  }

  /** A request (not a retry) begins. `nowMs` is monotonic. */
  request(nowMs: number): void {
    const slot = this.#slotAt(nowMs);
    this.#requests[slot]!++;
    this.#requestsInWindow++;
  }

  /** Takes one retry. False: there is none left. */
  tryTake(nowMs: number): boolean {
    const slot = this.#slotAt(nowMs);
    if (this.#retriesInWindow + 1 > this.#floor + this.#ratio * this.#requestsInWindow) return false;
    this.#retries[slot]!++;
    this.#retriesInWindow++;
    return true;
  }

  #slotAt(nowMs: number): number {
    const number = Math.floor(nowMs / sliceMs);
    if (number > this.#newest) this.#forget(number);
    return this.#newest % slices;
  }

  /** Empties the slices that the window has left. */
  #forget(newest: number): void {
    for (let n = Math.max(this.#newest + 1, newest - slices + 1); n <= newest; n++) {
      const slot = n % slices;
      this.#requestsInWindow -= this.#requests[slot]!;
      this.#retriesInWindow -= this.#retries[slot]!;
      this.#requests[slot] = 0;
      this.#retries[slot] = 0;
    }
    this.#newest = newest;
  }
}

const slices = 10;
const sliceMs = 500;
