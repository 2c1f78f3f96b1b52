import { memoryLike, type Octets } from '../octets.ts';

/** The beginning of a line whose end has not arrived. Holds memory only while there is one. */
export class PartialLine {
  /** `bytes[0, size)`; null when nothing is kept. */
  bytes: Octets | null = null;
  size: number = 0;

  append(source: Octets, start: number, end: number): void {
    const size = this.size + end - start;
    const bytes = this.#withRoom(source, size);
    for (let i = start, at = this.size; i < end; i++, at++) bytes[at] = source[i]!;
    this.size = size;
  }

  clear(): void {
    this.bytes = null;
    this.size = 0;
  }

  #withRoom(source: Octets, size: number): Octets {
    const old = this.bytes;
    if (old !== null && old.length >= size) return old;
    const bytes = memoryLike(source, Math.max(64, 2 * size));
    if (old !== null) bytes.set(old);
    this.bytes = bytes;
    return bytes;
  }
}
