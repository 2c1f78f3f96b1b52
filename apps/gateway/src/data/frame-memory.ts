/** Sizes that sessions ask for. All that is spare comes to 8 MiB. */
const sizes: readonly { readonly bytes: number; readonly maxSpare: number }[] = [
  { bytes: 8_192, maxSpare: 512 },
  { bytes: 65_536, maxSpare: 64 },
];

/**
 * Memory that HTTP/2 sessions compose their frames in, shared by all connections of a worker. A chunk belongs to its session from `take` on,
 * then to the socket until all of it is written.
 */
export class FrameMemory {
  readonly #spare: readonly Buffer[][] = sizes.map(() => []);

  /** At least `size` octets. */
  take(size: number): Buffer {
    for (let i = 0; i < sizes.length; i++) {
      const { bytes } = sizes[i]!;
      if (size <= bytes) return this.#spare[i]!.pop() ?? Buffer.allocUnsafeSlow(bytes);
    }
    return Buffer.allocUnsafeSlow(size);
  }

  giveBack(chunk: Buffer): void {
    for (let i = 0; i < sizes.length; i++) {
      const { bytes, maxSpare } = sizes[i]!;
      if (chunk.length === bytes && this.#spare[i]!.length < maxSpare) this.#spare[i]!.push(chunk);
    }
  }
}
