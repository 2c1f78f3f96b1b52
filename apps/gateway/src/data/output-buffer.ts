/** Sizes to compose in: a write that gets stuck in a slow client's socket takes its buffer along, which should not be much larger than it. */
const sizes: readonly number[] = [4_096, 16_384, 73_728, 278_528];

/**
 * Memory to compose one write in, shared by all connections of a worker. Bytes are lent to us and must be copied anyway; the kernel usually
 * takes a whole write at once, and then the same memory serves the next.
 */
export class OutputBuffer {
  readonly #buffers: Buffer[] = sizes.map((size) => Buffer.allocUnsafeSlow(size));

  /** At least `size` octets, good until the next `take`, or for as long as wanted after `keep`. */
  take(size: number): Buffer {
    for (let i = 0; i < sizes.length; i++) if (size <= sizes[i]!) return this.#buffers[i]!;
    return Buffer.allocUnsafeSlow(size);
  }

  /** The kernel did not take all of `buffer`: it stays with the socket, and the next write gets other memory. */
  keep(buffer: Buffer): void {
    const i = this.#buffers.indexOf(buffer);
    if (i >= 0) this.#buffers[i] = Buffer.allocUnsafeSlow(buffer.length);
  }
}
