const smallBytes = 65_536;
const largeBytes = 262_144;
/** Reads in a row that fill their buffer before a connection gets the large one, or leave it mostly empty before it gets it no more. */
const patience = 4;

/**
 * Memory that all upstream sockets of a worker read into: what is read is lent to the codec and used up before the next read, so one buffer
 * serves all. Large ones are for bulk: 1 GiB costs about a third less CPU in reads of 256 KiB than of 64 KiB.
 */
export class ReadBuffers {
  readonly small: Buffer = Buffer.allocUnsafeSlow(smallBytes);
  #large: Buffer | null = null;

  get large(): Buffer {
    this.#large ??= Buffer.allocUnsafeSlow(largeBytes);
    return this.#large;
  }
}

/** Which of the buffers one connection reads into. */
export class ReadSize {
  #large: boolean = false;
  #streak: number = 0;
  readonly #buffers: ReadBuffers;

  constructor(buffers: ReadBuffers) {
    this.#buffers = buffers;
  }

  next(): Buffer {
    return this.#large ? this.#buffers.large : this.#buffers.small;
  }

  /** `size` octets were read into `next()`. */
  note(size: number): void {
    if (this.#large === size >= smallBytes) {
      this.#streak = 0;
      return;
    }
    if (++this.#streak < patience) return;
    this.#large = !this.#large;
    this.#streak = 0;
  }
}
