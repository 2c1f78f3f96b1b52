import type { Field } from '@fairlead/message';
import { memoryLike, type Octets } from '../octets.ts';
import { lineEnd } from './bad-line.ts';
import { Byte } from './byte-class.ts';
import { ChunkLine } from './chunk-line.ts';
import { isTrailer } from './field-line.ts';
import type { FieldSection, SectionKind } from './field-section.ts';
import { maxExtensionBytes } from './limits.ts';
import { type WireError, wireErrors } from './wire-error.ts';

/** Where a body goes. */
export interface BodySink {
  /** Lends `bytes[start, end)`; `last` ends the message. */
  onBody(bytes: Octets, start: number, end: number, last: boolean): void;
  /** Ends the message instead of `last`. */
  onTrailers(fields: readonly Field[]): void;
}

const Phase = { length: 0, close: 1, chunkSize: 2, chunkData: 3, chunkEnd: 4, trailers: 5, none: 6 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/** Digits, CR and LF of a size line. */
const sizeLineBytes = 16;

/**
 * Takes bodies apart: by length, in chunks, until the peer closes.
 *
 * Chunks are read strictly: hexadecimal digits without sign, prefix or whitespace, CRLF at every end. Extensions are checked, counted and
 * dropped. Trailer fields that frame, route or concern the connection are an error, others that don't belong there are dropped.
 */
export class BodyReader {
  complete: boolean = false;
  error: WireError | null = null;
  readonly #sink: BodySink;
  readonly #section: FieldSection;
  readonly #trailers: SectionKind;
  readonly #chunk: ChunkLine = new ChunkLine();
  #phase: Phase = Phase.none;
  /** Octets that the body or the chunk still owes. */
  #left: number = 0;
  #extensionRoom: number = 0;
  #nothing: Octets | null = null;

  /** `section` is free to be used once the body begins. */
  constructor(sink: BodySink, section: FieldSection, trailers: SectionKind) {
    this.#sink = sink;
    this.#section = section;
    this.#trailers = trailers;
  }

  /** `octets` > 0. */
  beginLength(octets: number): void {
    this.#begin(Phase.length, octets);
  }

  beginChunks(): void {
    this.#extensionRoom = maxExtensionBytes;
    this.#begin(Phase.chunkSize, 0);
  }

  /** Until `finish`. `sample` tells the class of memory that the sink expects. */
  beginUntilClose(sample: Octets): void {
    this.#nothing = memoryLike(sample, 0);
    this.#begin(Phase.close, 0);
  }

  #begin(phase: Phase, left: number): void {
    this.complete = false;
    this.#phase = phase;
    this.#left = left;
  }

  /** The peer has closed. Whether that is how this body ends; the sink is told then. */
  finish(): boolean {
    if (this.#phase !== Phase.close) return false;
    this.#end();
    this.#sink.onBody(this.#nothing!, 0, 0, true);
    return true;
  }

  /** Octets an unfinished line may have before it must be judged. */
  get lineRoom(): number {
    if (this.#phase === Phase.chunkEnd) return 1;
    return this.#phase === Phase.trailers ? this.#section.room + 1 : sizeLineBytes + this.#extensionRoom;
  }

  /** One line or piece from `at`: the offset behind it, `at` when a line is unfinished, -1 with `error`. */
  read(bytes: Octets, at: number, end: number): number {
    switch (this.#phase) {
      case Phase.chunkData:
        return this.#readChunk(bytes, at, end);
      case Phase.length:
        return this.#readLength(bytes, at, end);
      case Phase.chunkSize:
        return this.#readSize(bytes, at, end);
      case Phase.chunkEnd:
        return this.#readChunkEnd(bytes, at, end);
      case Phase.trailers:
        return this.#readTrailers(bytes, at, end);
      default:
        this.#sink.onBody(bytes, at, end, false);
        return end;
    }
  }

  #readLength(bytes: Octets, at: number, end: number): number {
    const stop = Math.min(end, at + this.#left);
    this.#left -= stop - at;
    if (this.#left === 0) this.#end();
    this.#sink.onBody(bytes, at, stop, this.complete);
    return stop;
  }

  #readChunk(bytes: Octets, at: number, end: number): number {
    const stop = Math.min(end, at + this.#left);
    this.#left -= stop - at;
    if (this.#left === 0) this.#phase = Phase.chunkEnd;
    this.#sink.onBody(bytes, at, stop, false);
    return stop;
  }

  #readSize(bytes: Octets, at: number, end: number): number {
    const lf = lineEnd(bytes, at, end);
    if ((lf < 0 ? end : lf + 1) - at > this.lineRoom) return this.#fail(wireErrors.extensionBytes);
    if (lf < 0) return at;
    const chunk = this.#chunk;
    if (!chunk.read(bytes, at, lf)) return this.#fail(chunk.error!);
    this.#extensionRoom -= chunk.extensionBytes;
    if (this.#extensionRoom < 0) return this.#fail(wireErrors.extensionBytes);
    this.#left = chunk.size;
    this.#phase = chunk.size > 0 ? Phase.chunkData : Phase.trailers;
    if (chunk.size === 0) this.#section.begin(this.#trailers);
    return lf + 1;
  }

  #readChunkEnd(bytes: Octets, at: number, end: number): number {
    if (bytes[at] !== Byte.cr) return this.#fail(wireErrors.chunkEnd);
    if (at + 1 === end) return at;
    if (bytes[at + 1] !== Byte.lf) return this.#fail(wireErrors.chunkEnd);
    this.#phase = Phase.chunkSize;
    return at + 2;
  }

  #readTrailers(bytes: Octets, at: number, end: number): number {
    const section = this.#section;
    const next = section.read(bytes, at, end);
    if (next < 0) return this.#fail(section.error!);
    if (!section.done) return next;
    const fields = section.fields.filter(isTrailer);
    this.#end();
    if (fields.length > 0) this.#sink.onTrailers(fields);
    else this.#sink.onBody(bytes, next, next, true);
    return next;
  }

  #end(): void {
    this.complete = true;
    this.#phase = Phase.none;
  }

  #fail(error: WireError): -1 {
    this.error = error;
    return -1;
  }
}
