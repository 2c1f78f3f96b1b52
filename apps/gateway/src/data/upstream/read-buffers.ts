import { bulkMemory } from '../bulk-memory.ts';

const smallBytes = 65_536;
/** Reads in a row that fill their buffer before a connection gets a large one, or leave it mostly empty before it gets it no more. */
const patience = 4;

/**
 * Memory that all upstream sockets of a worker read into: what is read is lent to the codec and used up before the next read, so one buffer
 * serves all. Bulk is read into memory of its own: 1 GiB costs about a third less CPU in reads of 256 KiB than of 64 KiB.
 */
export class ReadBuffers {
  readonly small: Buffer = Buffer.allocUnsafeSlow(smallBytes);
}

/** Which memory one connection reads into. */
export class ReadSize {
  #large: boolean = false;
  #streak: number = 0;
  /** Of this connection alone; null while it reads into the small buffer. */
  #bulk: Buffer | null = null;
  readonly #buffers: ReadBuffers;

  constructor(buffers: ReadBuffers) {
    this.#buffers = buffers;
  }

  /** What the next read goes into. What the last went into is not read into again unless this is the same. */
  next(): Buffer {
    if (this.#bulk !== null && !bulkMemory.isMine(this.#bulk)) this.#bulk = null;
    if (this.#large) this.#bulk ??= bulkMemory.take();
    else this.close();
    return this.#bulk ?? this.#buffers.small;
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

  /** A message has ended: while it waits for the next the connection needs no memory. Takes effect with `next`. */
  rest(): void {
    this.#large = false;
    this.#streak = 0;
  }

  /** The connection has closed, or has no use for large reads. */
  close(): void {
    this.#large = false;
    if (this.#bulk !== null && bulkMemory.isMine(this.#bulk)) bulkMemory.giveBack(this.#bulk);
    this.#bulk = null;
  }
}
