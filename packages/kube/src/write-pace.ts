/**
 * How often one object is written: what changes once is written at once, what changes again and again less and less often, so that a thousand
 * routes being attached cost a Gateway a few dozen writes, and the last count is still there soon after the last route.
 */
export class WritePace {
  readonly #timing: PaceTiming;
  readonly #objects = new Map<string, { readonly atMs: number; readonly gapMs: number }>();

  constructor(timing: PaceTiming) {
    this.#timing = timing;
  }

  /** When `object` may be written next. `nowMs` is monotonic. */
  nextMs(object: string): number {
    const last = this.#objects.get(object);
    return last === undefined ? Number.NEGATIVE_INFINITY : last.atMs + last.gapMs;
  }

  noteWrite(object: string, nowMs: number): void {
    const { firstGapMs, maxGapMs, quietMs } = this.#timing;
    const last = this.#objects.get(object);
    const isQuiet = last === undefined || nowMs - last.atMs >= quietMs;
    const gapMs = isQuiet ? firstGapMs : Math.min(maxGapMs, last.gapMs * 2);
    this.#objects.set(object, { atMs: nowMs, gapMs });
  }

  /** Lets go of what has been quiet. */
  sweep(nowMs: number): void {
    for (const [object, { atMs }] of this.#objects) {
      if (nowMs - atMs >= this.#timing.quietMs) this.#objects.delete(object);
    }
  }
}

export interface PaceTiming {
  /** Between the first write of an object and the second; doubles from write to write … */
  readonly firstGapMs: number;
  /** … up to this. */
  readonly maxGapMs: number;
  /** An object that was not written for this long counts as not written before. */
  readonly quietMs: number;
}
