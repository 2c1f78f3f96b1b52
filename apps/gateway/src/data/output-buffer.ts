/**
 * Memory to compose one write in, shared by all connections of a worker. Bytes are lent to us and must be copied anyway; the kernel usually
 * takes a whole write at once, and then the same memory serves the next.
 */
export class OutputBuffer {
  #bytes: Buffer;

  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** At least `size` octets, good until `release` or `keep`. */
  take(size: number): Buffer {
    return size <= this.#bytes.length ? this.#bytes : Buffer.allocUnsafeSlow(size);
  }

  /** The kernel did not take all of `buffer`: it stays with the socket, and the next write gets other memory. */
  keep(buffer: Buffer): void {
    if (buffer === this.#bytes) this.#bytes = Buffer.allocUnsafeSlow(buffer.length);
  }
}
