import type { Octets } from '../octets.ts';
import { FrameFlag, FrameType, frameHeadBytes, maxFrameBytes } from './frame.ts';
import type { SessionOutput } from './session-output.ts';

/**
 * What several frames of one turn are joined in. Most connections have little to say in a turn, and thousands may say it in the same one; those
 * that had more in their last turn begin with a large chunk, for one write is cheaper than two.
 */
const smallChunkBytes = 8_192;
const largeChunkBytes = 65_536;
const none = new Uint8Array(0) as Octets;

/**
 * Composes frames where they will be sent from: all of a turn in one chunk, as long as they fit. A field block's encoder writes to `bytes`
 * at `at` itself.
 */
export class FrameWriter {
  bytes: Octets = none;
  at: number = 0;
  /** Chunks that went to the socket. */
  sent: number = 0;
  /** Octets composed since the socket has been behind. */
  overdueBytes: number = 0;
  #behind: boolean = false;
  #dirty: boolean = false;
  /** A small chunk was, or would have been, too small for this turn; for the last one. */
  #large: boolean = false;
  #wasLarge: boolean = false;
  readonly #output: SessionOutput;

  constructor(output: SessionOutput) {
    this.#output = output;
  }

  /** Sends what was composed. */
  flush(): void {
    this.#dirty = false;
    if (this.bytes === none) return;
    const { bytes, at } = this;
    this.#wasLarge = this.#large || at > smallChunkBytes;
    this.#large = false;
    this.bytes = none;
    this.at = 0;
    this.#send(bytes, at);
  }

  behind(behind: boolean): void {
    this.#behind = behind;
    this.overdueBytes = 0;
  }

  /** Asks for `flush` at the end of the turn, also when there is nothing to send. */
  wake(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#output.dirty();
  }

  /** Makes room for `size` octets. */
  reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    this.#renew(size);
  }

  head(length: number, type: FrameType, flags: number, id: number): void {
    const { bytes, at } = this;
    bytes[at] = length >>> 16;
    bytes[at + 1] = length >>> 8;
    bytes[at + 2] = length;
    bytes[at + 3] = type;
    bytes[at + 4] = flags;
    writeInt32(bytes, at + 5, id);
    this.at = at + frameHeadBytes;
  }

  int32(value: number): void {
    writeInt32(this.bytes, this.at, value);
    this.at += 4;
  }

  /** Begins HEADERS whose field block has at most `bound` octets; the encoder goes on. Returns what `endFields` wants. */
  beginFields(bound: number): number {
    this.reserve(frameHeadBytes + bound + frameHeadBytes * Math.ceil(bound / maxFrameBytes));
    const start = this.at;
    this.at = start + frameHeadBytes;
    return start;
  }

  /** The field block was written: HEADERS, and CONTINUATION where it is longer than a frame may be. */
  endFields(start: number, flags: number, id: number): void {
    const size = this.at - start - frameHeadBytes;
    if (size > maxFrameBytes) {
      this.#splitFields(start, flags, id, size);
      return;
    }
    const end = this.at;
    this.at = start;
    this.head(size, FrameType.headers, flags | FrameFlag.endHeaders, id);
    this.at = end;
  }

  rstStream(id: number, code: number): void {
    this.reserve(frameHeadBytes + 4);
    this.head(4, FrameType.rstStream, 0, id);
    this.int32(code);
  }

  windowUpdate(id: number, size: number): void {
    this.reserve(frameHeadBytes + 4);
    this.head(4, FrameType.windowUpdate, 0, id);
    this.int32(size);
  }

  goaway(lastId: number, code: number): void {
    this.reserve(frameHeadBytes + 8);
    this.head(8, FrameType.goaway, 0, 0);
    this.int32(lastId);
    this.int32(code);
  }

  /** `pairs`: id, value, id, value … */
  settings(pairs: readonly number[]): void {
    const size = pairs.length * 3;
    this.reserve(frameHeadBytes + size);
    this.head(size, FrameType.settings, 0, 0);
    for (let i = 0; i < pairs.length; i += 2) {
      this.bytes[this.at] = pairs[i]! >>> 8;
      this.bytes[this.at + 1] = pairs[i]!;
      this.at += 2;
      this.int32(pairs[i + 1]!);
    }
  }

  settingsAck(): void {
    this.reserve(frameHeadBytes);
    this.head(0, FrameType.settings, FrameFlag.ack, 0);
  }

  /** `high` and `low` are the eight octets. */
  ping(flags: number, high: number, low: number): void {
    this.reserve(frameHeadBytes + 8);
    this.head(8, FrameType.ping, flags, 0);
    this.int32(high);
    this.int32(low);
  }

  /** Frame by frame from the end, each to where it leaves room for the heads before it. */
  #splitFields(start: number, flags: number, id: number, size: number): void {
    const block = start + frameHeadBytes;
    const last = Math.ceil(size / maxFrameBytes) - 1;
    for (let i = last; i >= 0; i--) {
      const from = i * maxFrameBytes;
      const part = Math.min(maxFrameBytes, size - from);
      const at = block + from + i * frameHeadBytes;
      this.bytes.copyWithin(at, block + from, block + from + part);
      this.at = at - frameHeadBytes;
      const ends = i === last ? FrameFlag.endHeaders : 0;
      if (i === 0) this.head(part, FrameType.headers, flags | ends, id);
      else this.head(part, FrameType.continuation, ends, id);
    }
    this.at = block + size + last * frameHeadBytes;
  }

  #renew(size: number): void {
    if (this.at > 0) {
      this.#large = true;
      this.#send(this.bytes, this.at);
    }
    const least = this.#large || this.#wasLarge ? largeChunkBytes : smallChunkBytes;
    this.bytes = this.#output.take(Math.max(size, least));
    this.at = 0;
    this.wake();
  }

  #send(bytes: Octets, size: number): void {
    this.sent++;
    if (this.#behind) this.overdueBytes += size;
    this.#output.send(bytes, size);
  }
}

function writeInt32(bytes: Octets, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
