import { copyOctets, memoryLike, type Octets } from '../octets.ts';
import { ErrorCode } from './error-code.ts';
import { FrameFlag } from './frame.ts';
import { readInt31 } from './frame-reader.ts';

/** Compressed; several times what a head may be decompressed. */
const maxBlockBytes = 65_536;
const firstBytes = 32_768;
/** Stream and weight in HEADERS with the PRIORITY flag. */
const priorityBytes = 5;

/**
 * Puts the field block of HEADERS and its CONTINUATIONs together (RFC 9113 §4.3). A block of one frame, which nearly all are, is not copied:
 * `bytes[start, end)` is what was lent.
 */
export class FieldBlock {
  /** The stream that only CONTINUATION may follow for; 0 when the block is complete. */
  expectedId: number = 0;
  id: number = 0;
  endsStream: boolean = false;
  /** HEADERS said that the stream depends on itself. */
  selfDependent: boolean = false;
  beganMs: number = 0;
  bytes: Octets | null = null;
  start: number = 0;
  end: number = 0;

  /** HEADERS. Returns what the connection is failed with, or `noError`. */
  begin(flags: number, id: number, bytes: Octets, start: number, end: number, nowMs: number): ErrorCode {
    if (id === 0) return ErrorCode.protocolError;
    const padded = (flags & FrameFlag.padded) !== 0;
    const prioritised = (flags & FrameFlag.priority) !== 0;
    if (end - start < (padded ? 1 : 0) + (prioritised ? priorityBytes : 0)) return ErrorCode.frameSizeError;
    if (padded) end -= bytes[start++]!;
    this.selfDependent = prioritised && readInt31(bytes, start) === id;
    if (prioritised) start += priorityBytes;
    if (end < start) return ErrorCode.protocolError;
    this.id = id;
    this.endsStream = (flags & FrameFlag.endStream) !== 0;
    if ((flags & FrameFlag.endHeaders) !== 0) this.#lend(bytes, start, end);
    else this.#keep(bytes, start, end, nowMs);
    return ErrorCode.noError;
  }

  /** CONTINUATION. */
  append(flags: number, bytes: Octets, start: number, end: number): ErrorCode {
    const size = this.end + end - start;
    if (size > maxBlockBytes) return ErrorCode.enhanceYourCalm;
    if (size > this.bytes!.length) {
      const larger = memoryLike(this.bytes!, maxBlockBytes);
      copyOctets(this.bytes!, 0, this.end, larger, 0);
      this.bytes = larger;
    }
    copyOctets(bytes, start, end, this.bytes!, this.end);
    this.end = size;
    if ((flags & FrameFlag.endHeaders) !== 0) this.expectedId = 0;
    return ErrorCode.noError;
  }

  /** It was read. */
  release(): void {
    this.bytes = null;
  }

  #lend(bytes: Octets, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  #keep(bytes: Octets, start: number, end: number, nowMs: number): void {
    this.#lend(memoryLike(bytes, firstBytes), 0, end - start);
    copyOctets(bytes, start, end, this.bytes!, 0);
    this.expectedId = this.id;
    this.beganMs = nowMs;
  }
}
