import { setImmediate as nextTurn } from 'node:timers/promises';

const turnMs = 8;

/** Work in pieces: when a piece has taken its time, others get their turn. A stream that is always full does not do that by itself. */
export class Turns {
  #untilMs: number = performance.now() + turnMs;

  async giveWay(): Promise<void> {
    if (performance.now() < this.#untilMs) return;
    await nextTurn();
    this.#untilMs = performance.now() + turnMs;
  }

  /** Whether `giveWay` would wait: spares a promise for each of many small pieces. */
  get isOver(): boolean {
    return performance.now() >= this.#untilMs;
  }
}
