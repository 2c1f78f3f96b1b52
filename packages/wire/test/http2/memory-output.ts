import type { Octets, SessionOutput } from '../../src/index.ts';

/** A session's socket in memory: keeps what was sent until it is taken, and wants a flush when the session says so. */
export class MemoryOutput implements SessionOutput {
  isDirty: boolean = false;
  #parts: Buffer[] = [];
  #spare: Buffer | null = null;

  take(size: number): Octets {
    const spare = this.#spare;
    this.#spare = null;
    return spare !== null && spare.length >= size ? spare : Buffer.alloc(size);
  }

  send(bytes: Octets, size: number): void {
    this.#parts.push(Buffer.from(bytes.subarray(0, size)));
    // Whoever goes on writing to it would be seen.
    bytes.fill(0xee);
    this.#spare = bytes as Buffer;
  }

  dirty(): void {
    this.isDirty = true;
  }

  get pending(): number {
    return this.#parts.reduce((sum, part) => sum + part.length, 0);
  }

  /** All that was sent since the last call. */
  drain(): Buffer {
    const all = Buffer.concat(this.#parts);
    this.#parts = [];
    return all;
  }
}
