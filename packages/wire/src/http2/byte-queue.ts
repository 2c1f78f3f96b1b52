import { copyOctets, memoryLike, type Octets } from '../octets.ts';

/** Small parts are joined: many messages of a few octets, as gRPC sends them, would cost a buffer each. */
const leastChunkBytes = 4_096;

/** Octets that wait, copied: first in, first out. */
export class ByteQueue {
  size: number = 0;
  readonly #chunks: Octets[] = [];
  /** Offset in the first chunk. */
  #start: number = 0;
  /** End of what is used of the last chunk. */
  #end: number = 0;

  push(bytes: Uint8Array, start: number, end: number): void {
    this.size += end - start;
    const last = this.#chunks.at(-1);
    if (last !== undefined) start = this.#fill(last, bytes, start, end);
    if (start === end) return;
    const chunk = memoryLike(bytes as Octets, Math.max(end - start, leastChunkBytes));
    copyOctets(bytes, start, end, chunk, 0);
    this.#chunks.push(chunk);
    this.#end = end - start;
  }

  /** The first `size` octets go to `to` from `at` on. There must be as many. */
  move(size: number, to: Uint8Array, at: number): void {
    this.size -= size;
    while (size > 0) {
      const part = Math.min(size, this.#firstBytes);
      copyOctets(this.#chunks[0]!, this.#start, this.#start + part, to, at);
      this.#skip(part);
      at += part;
      size -= part;
    }
  }

  /** All octets of the first chunk, to be lent: `[start, end)` of it. `skipFirst` when done. */
  get first(): Octets {
    return this.#chunks[0]!;
  }

  get firstStart(): number {
    return this.#start;
  }

  get firstEnd(): number {
    return this.#start + this.#firstBytes;
  }

  skipFirst(): void {
    this.size -= this.#firstBytes;
    this.#skip(this.#firstBytes);
  }

  get #firstBytes(): number {
    return (this.#chunks.length === 1 ? this.#end : this.#chunks[0]!.length) - this.#start;
  }

  #fill(last: Octets, bytes: Uint8Array, start: number, end: number): number {
    const part = Math.min(end - start, last.length - this.#end);
    copyOctets(bytes, start, start + part, last, this.#end);
    this.#end += part;
    return start + part;
  }

  #skip(size: number): void {
    this.#start += size;
    if (this.#firstBytes > 0) return;
    this.#chunks.shift();
    this.#start = 0;
  }
}
