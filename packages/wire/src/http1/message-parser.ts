import type { Octets } from '../octets.ts';
import { lineEnd } from './bad-line.ts';
import { PartialLine } from './partial-line.ts';
import type { WireError } from './wire-error.ts';

/**
 * What parsers of requests and responses share: they advance by whole lines or by pieces of a body, and keep the beginning of a line whose end
 * has not arrived. A line is judged when it is whole or too long, so that the outcome does not depend on how the octets were cut.
 */
export abstract class MessageParser {
  /** A whole message was delivered. */
  complete: boolean = false;
  /** Why `parse` answered -1. */
  error: WireError | null = null;
  protected readonly partial: PartialLine = new PartialLine();

  /**
   * Consumes from `bytes[start, end)` and returns the offset behind what it consumed, which is less than `end` only when the message is
   * complete. -1: see `error`; the connection is of no use any more.
   */
  parse(bytes: Octets, start: number, end: number): number {
    if (this.error !== null) return -1;
    if (this.partial.size === 0) return this.#run(bytes, start, end);
    const at = this.#completeLine(bytes, start, end);
    return at < 0 || at === end ? at : this.#run(bytes, at, end);
  }

  /** One line or piece from `at`: the offset behind it, `at` when a line is unfinished, -1 with `error`. */
  protected abstract step(bytes: Octets, at: number, end: number): number;

  /** Octets an unfinished line may have before `step` must be asked again. */
  protected abstract get lineRoom(): number;

  #run(bytes: Octets, at: number, end: number): number {
    while (at < end && !this.complete) {
      const next = this.step(bytes, at, end);
      if (next < 0) return -1;
      if (next === at) {
        this.partial.append(bytes, at, end);
        return end;
      }
      at = next;
    }
    return at;
  }

  /** Adds to the unfinished line, no more than decides about it. */
  #completeLine(bytes: Octets, start: number, end: number): number {
    const { partial } = this;
    const lf = lineEnd(bytes, start, end);
    const stop = Math.min(lf < 0 ? end : lf + 1, start + this.lineRoom + 1 - partial.size);
    partial.append(bytes, start, stop);
    if (stop !== lf + 1 && partial.size <= this.lineRoom) return stop;
    const line = partial.bytes!;
    const { size } = partial;
    partial.clear();
    const used = this.#run(line, 0, size);
    return used < 0 ? -1 : stop;
  }
}
