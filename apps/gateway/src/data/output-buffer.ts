/** Sizes to compose in: a write that gets stuck in a slow client's socket takes its buffer along, which should not be much larger than it. */
const sizes: readonly number[] = [4_096, 16_384, 73_728, 278_528];
const maxSpare = 16;

/**
 * Memory to compose one write in, shared by all connections of a worker. Bytes are lent to us and must be copied anyway; the kernel usually
 * takes a whole write at once, and then the same memory serves the next.
 */
export class OutputBuffer {
  readonly #current: Buffer[] = sizes.map((size) => Buffer.allocUnsafeSlow(size));
  readonly #spare: Buffer[][] = sizes.map(() => []);

  /** At least `size` octets, good until the next `take`, or for as long as wanted after `keep`. */
  take(size: number): Buffer {
    for (let i = 0; i < sizes.length; i++) if (size <= sizes[i]!) return this.#current[i]!;
    return Buffer.allocUnsafeSlow(size);
  }

  /** The kernel did not take all of `buffer`: it stays with its writer until `giveBack`, and the next write gets other memory. */
  keep(buffer: Buffer): void {
    const i = this.#current.indexOf(buffer);
    if (i >= 0) this.#current[i] = this.#spare[i]!.pop() ?? Buffer.allocUnsafeSlow(buffer.length);
  }

  /** A full-speed download keeps every other buffer: made anew each time they would cost tens of MiB between two garbage collections. */
  giveBack(buffer: Buffer): void {
    const spare = this.#spare[sizes.indexOf(buffer.length)];
    if (spare !== undefined && spare.length < maxSpare) spare.push(buffer);
  }
}
