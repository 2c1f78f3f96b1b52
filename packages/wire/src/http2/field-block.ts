import { copyOctets, memoryLike, type Octets } from '../octets.ts';

/** Compressed; several times what a head may be decompressed. */
const maxBlockBytes = 65_536;
const firstBytes = 32_768;

/** A field block that goes on in CONTINUATION frames. */
export class FieldBlock {
  /** Flags of the HEADERS frame. */
  readonly flags: number;
  readonly id: number;
  /** HEADERS said that the stream depends on itself. */
  readonly selfDependent: boolean;
  readonly beganMs: number;
  bytes: Octets;
  size: number;

  constructor(id: number, flags: number, selfDependent: boolean, beganMs: number, first: Octets) {
    this.id = id;
    this.flags = flags;
    this.selfDependent = selfDependent;
    this.beganMs = beganMs;
    this.bytes = memoryLike(first, firstBytes);
    this.size = 0;
  }

  /** False: it is too long. */
  append(bytes: Octets, start: number, end: number): boolean {
    const size = this.size + end - start;
    if (size > maxBlockBytes) return false;
    if (size > this.bytes.length) {
      const larger = memoryLike(this.bytes, maxBlockBytes);
      copyOctets(this.bytes, 0, this.size, larger, 0);
      this.bytes = larger;
    }
    copyOctets(bytes, start, end, this.bytes, this.size);
    this.size = size;
    return true;
  }
}
