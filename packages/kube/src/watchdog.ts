/** Aborts a watch that does not end, or does not go on, in time. */
export class Watchdog {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal;
  readonly #onAbort = (): void => this.#controller.abort();
  #timer: NodeJS.Timeout | null = null;
  #barked = false;

  /** `outer` stops the watch as well, without a bark. */
  constructor(outer: AbortSignal) {
    this.#outer = outer;
    if (outer.aborted) this.#controller.abort();
    else outer.addEventListener('abort', this.#onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The time was over. */
  get barked(): boolean {
    return this.#barked;
  }

  /** From now on there is this much time. */
  expect(withinMs: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#barked = true;
      this.#controller.abort();
    }, withinMs);
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#onAbort);
  }
}
