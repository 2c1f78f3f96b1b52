const bufferBytes = 262_144;
/** Of one worker: 16 MiB. Who gets none reads in smaller parts that are copied. */
const maxBuffers = 64;

/**
 * Memory for bodies that come faster than 64 KiB at a time. Each buffer belongs to one reader, who lends what it has read like any other
 * bytes; but a writer whose socket did not take them all at once may keep the buffer itself instead of a copy. The reader then reads on into
 * another. A copy of every byte of a download costs as much as sending it.
 */
class BulkMemory {
  readonly #spare: Buffer[] = [];
  /** Buffers that a reader has. What else is in use was kept by a writer. */
  readonly #reading = new Set<Uint8Array>();
  #made: number = 0;

  /** For a reader, until `giveBack` or until it is not `isMine` any more. Null when there is too much in use. */
  take(): Buffer | null {
    const buffer = this.#spare.pop() ?? this.#make();
    if (buffer !== null) this.#reading.add(buffer);
    return buffer;
  }

  /** False once a writer has kept the buffer that a reader has lent. */
  isMine(buffer: Buffer): boolean {
    return this.#reading.has(buffer);
  }

  /** Whether `bytes` are lent from here and can be kept. Only the whole buffer is known, not a view of it. */
  mayKeep(bytes: Uint8Array): bytes is Buffer {
    return bytes.length === bufferBytes && this.#reading.has(bytes);
  }

  /** By a writer, within the call that lent it to it; `giveBack` when nothing of it waits to be written any more. */
  keep(buffer: Buffer): void {
    this.#reading.delete(buffer);
  }

  giveBack(buffer: Buffer): void {
    this.#reading.delete(buffer);
    this.#spare.push(buffer);
  }

  #make(): Buffer | null {
    if (this.#made === maxBuffers) return null;
    this.#made++;
    return Buffer.allocUnsafeSlow(bufferBytes);
  }
}

/** One for each worker, as its modules are. */
export const bulkMemory: BulkMemory = new BulkMemory();
