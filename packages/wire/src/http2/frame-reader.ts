import { copyOctets, memoryLike, type Octets } from '../octets.ts';
import { ErrorCode } from './error-code.ts';
import { FrameFlag, FrameType, frameHeadBytes, maxFrameBytes } from './frame.ts';

/** Where frames go. Octets are lent. Calls come from within `read`; after `stop` there are none. */
export interface FrameSink {
  /** A DATA frame of `length` octets begins, `padding` of which, with their own length, are none of the body. */
  onDataBegin(flags: number, id: number, length: number, padding: number): void;
  /** Octets of its body; `final`: there are no more. At least one call for each frame. */
  onDataPart(bytes: Octets, start: number, end: number, final: boolean): void;
  /** Any other frame, whole. */
  onFrame(type: number, flags: number, id: number, bytes: Octets, start: number, end: number): void;
  /** A frame that can't be read. */
  onFrameFault(code: ErrorCode): void;
}

const Phase = { head: 0, padLength: 1, body: 2, padding: 3, payload: 4 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/**
 * Cuts the octets of a connection into frames, however they come. Bodies are handed on as they arrive and never copied; of other frames
 * only one that is cut by the end of a read is put together in memory of its own.
 */
export class FrameReader {
  readonly #sink: FrameSink;
  #phase: Phase = Phase.head;
  #stopped: boolean = false;
  /** The head of a frame, when it came in parts. */
  #head: Uint8Array | null = null;
  /** What came of `#head` or `#payload`. */
  #filled: number = 0;
  #type: number = 0;
  #flags: number = 0;
  #id: number = 0;
  /** Octets of the body, the padding, or the payload that are still to come. */
  #left: number = 0;
  #padding: number = 0;
  #payload: Octets | null = null;
  /** Heads read so far. */
  #heads: number = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /**
   * Tells a frame's head or payload that has begun and not ended from all others before it; 0 while there is none. Bodies of DATA may come as
   * they like.
   */
  get cutFrame(): number {
    return this.#phase === Phase.payload || this.#filled > 0 ? this.#heads + 1 : 0;
  }

  /** Nothing more is read. */
  stop(): void {
    this.#stopped = true;
  }

  read(bytes: Octets, at: number, end: number): void {
    while (!this.#stopped) {
      if (this.#phase === Phase.head) {
        if (at === end) return;
        at =
          this.#filled === 0 && end - at >= frameHeadBytes ? this.#readHead(bytes, at) : this.#fillHead(bytes, at, end);
      } else if (this.#phase === Phase.payload) {
        if (at === end && this.#left > 0) return;
        if (this.#payload === null && end - at < this.#left) this.#payload = memoryLike(bytes, this.#left);
        at = this.#readPayload(bytes, at, end);
      } else {
        if (at === end) return;
        at = this.#readData(bytes, at, end);
      }
    }
  }

  /** The whole head is there. */
  #readHead(bytes: Uint8Array, at: number): number {
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    this.#heads++;
    this.#type = bytes[at + 3]!;
    this.#flags = bytes[at + 4]!;
    this.#id = readInt31(bytes, at + 5);
    this.#left = length;
    if (length > maxFrameBytes) this.#fail(ErrorCode.frameSizeError);
    else if (this.#type !== FrameType.data) this.#phase = Phase.payload;
    else this.#beginData(length);
    return at + frameHeadBytes;
  }

  #fillHead(bytes: Octets, at: number, end: number): number {
    this.#head ??= new Uint8Array(frameHeadBytes);
    const part = Math.min(frameHeadBytes - this.#filled, end - at);
    copyOctets(bytes, at, at + part, this.#head, this.#filled);
    this.#filled += part;
    if (this.#filled === frameHeadBytes) {
      this.#filled = 0;
      this.#readHead(this.#head, 0);
    }
    return at + part;
  }

  #beginData(length: number): void {
    if ((this.#flags & FrameFlag.padded) !== 0) {
      if (length === 0) this.#fail(ErrorCode.frameSizeError);
      else this.#phase = Phase.padLength;
      return;
    }
    this.#padding = 0;
    this.#sink.onDataBegin(this.#flags, this.#id, length, 0);
    if (length > 0) this.#phase = Phase.body;
    else this.#endEmpty();
  }

  #readData(bytes: Octets, at: number, end: number): number {
    if (this.#phase === Phase.padLength) return this.#readPadLength(bytes, at);
    const part = Math.min(this.#left, end - at);
    this.#left -= part;
    if (this.#phase === Phase.padding) {
      if (this.#left === 0) this.#phase = Phase.head;
      return at + part;
    }
    const final = this.#left === 0;
    if (final) this.#endBody();
    this.#sink.onDataPart(bytes, at, at + part, final);
    return at + part;
  }

  /** RFC 9113 §6.1: padding as long as the payload or longer is an error. */
  #readPadLength(bytes: Octets, at: number): number {
    const length = this.#left;
    this.#padding = bytes[at]!;
    if (this.#padding >= length) {
      this.#fail(ErrorCode.protocolError);
      return at;
    }
    this.#left = length - 1 - this.#padding;
    this.#sink.onDataBegin(this.#flags, this.#id, length, this.#padding + 1);
    this.#phase = Phase.body;
    if (this.#left === 0) this.#endEmpty();
    return at + 1;
  }

  #endEmpty(): void {
    this.#endBody();
    if (!this.#stopped) this.#sink.onDataPart(none, 0, 0, true);
  }

  #endBody(): void {
    this.#left = this.#padding;
    this.#phase = this.#padding > 0 ? Phase.padding : Phase.head;
  }

  #readPayload(bytes: Octets, at: number, end: number): number {
    const length = this.#left;
    const own = this.#payload;
    if (own === null) {
      this.#phase = Phase.head;
      this.#sink.onFrame(this.#type, this.#flags, this.#id, bytes, at, at + length);
      return at + length;
    }
    const part = Math.min(length - this.#filled, end - at);
    copyOctets(bytes, at, at + part, own, this.#filled);
    this.#filled += part;
    if (this.#filled === length) {
      this.#filled = 0;
      this.#payload = null;
      this.#phase = Phase.head;
      this.#sink.onFrame(this.#type, this.#flags, this.#id, own, 0, length);
    }
    return at + part;
  }

  #fail(code: ErrorCode): void {
    this.#stopped = true;
    this.#sink.onFrameFault(code);
  }
}

/** An empty body's octets. */
const none = new Uint8Array(0) as Octets;

/** The reserved bit is ignored (RFC 9113 §4.1). */
export function readInt31(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! & 127) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** As unsigned. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
