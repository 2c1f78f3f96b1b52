const chunkBytes = 65_536;
const maxSpare = 64;

/**
 * Memory that HTTP/2 sessions compose their frames in, shared by all connections of a worker. A chunk belongs to its session from `take` on,
 * then to the socket until all of it is written.
 */
export class FrameMemory {
  readonly #spare: Buffer[] = [];

  /** At least `size` octets. */
  take(size: number): Buffer {
    if (size > chunkBytes) return Buffer.allocUnsafeSlow(size);
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
  }

  giveBack(chunk: Buffer): void {
    if (chunk.length === chunkBytes && this.#spare.length < maxSpare) this.#spare.push(chunk);
  }
}
