import type { Field, RequestHead, ResponseHead } from '@fairlead/message';
import { copyOctets } from '../octets.ts';
import { ByteQueue } from './byte-queue.ts';
import { FrameFlag, FrameType, firstWindowBytes, frameHeadBytes, maxFrameBytes, maxInt31 } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';
import { type HeaderEncoder, requestBound, responseBound, trailersBound } from './hpack/header-encoder.ts';
import type { Stream } from './stream.ts';

/** Octets that may wait. Sources stop when told to, and what they had under way then is less; beyond, a stream is given up. */
export interface QueueLimits {
  readonly maxStreamBytes: number;
  readonly maxConnectionBytes: number;
}

/**
 * What a session sends: DATA under flow control, the streams of a connection by turns.
 *
 * No stream can be forgotten. One that has something to send, or whose source waits for room, is in the ring of ready streams exactly when
 * its own window is open: `#settle` says so, and is called after every change of what it looks at. `pump` works the ring off until it is
 * empty, the connection's window is shut, or the socket is behind. It runs at the end of every `receive` and `flush`. Windows change in
 * `receive` only; whatever else gives it work (a stream that joins the ring, a socket that has drained) asks for a `flush`. So a stream
 * that waits, waits for an event that has not come yet.
 *
 * `drained` is called by `pump` alone, never from within the `sendData` whose false it answers: its caller could not know yet that it has to
 * stop.
 */
export class Outbound {
  readonly writer: FrameWriter;
  readonly encoder: HeaderEncoder;
  readonly #limits: QueueLimits;
  /** What the peer allows on the whole connection (RFC 9113 §6.9). */
  window: number = firstWindowBytes;
  /** Where the windows of new streams begin: SETTINGS_INITIAL_WINDOW_SIZE of the peer. */
  firstStreamWindow: number = firstWindowBytes;
  /** As the session was last told. */
  nowMs: number = 0;
  /** DATA frames that the peer was given, each of which it may answer with control frames. */
  dataFrames: number = 0;
  /** Octets of all streams that wait. */
  queuedBytes: number = 0;
  #firstReady: Stream | null = null;
  #lastReady: Stream | null = null;
  #behind: boolean = false;
  #pumping: boolean = false;

  constructor(writer: FrameWriter, encoder: HeaderEncoder, limits: QueueLimits) {
    this.writer = writer;
    this.encoder = encoder;
    this.#limits = limits;
  }

  /** `scheme`: of the connection. */
  sendRequest(stream: Stream, head: RequestHead, scheme: 'http' | 'https', ends: boolean): void {
    const { writer } = this;
    const start = writer.beginFields(requestBound(head));
    this.encoder.request(head, writer, scheme);
    writer.endFields(start, ends ? FrameFlag.endStream : 0, stream.id);
    if (ends) this.#ended(stream);
  }

  sendResponse(stream: Stream, head: ResponseHead, ends: boolean): void {
    const { writer } = this;
    const start = writer.beginFields(responseBound(head));
    this.encoder.response(head, writer);
    writer.endFields(start, ends ? FrameFlag.endStream : 0, stream.id);
    if (ends) this.#ended(stream);
  }

  /** False when it had to queue; `stream.drained` follows. The caller has checked that the stream is open and the length right. */
  sendData(stream: Stream, bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (!isQueued(stream)) {
      if (!this.#behind && this.#firstReady === null && !this.#pumping)
        start = this.#writeBody(stream, bytes, start, end, last);
      if (start === end) {
        if (last && !stream.localEnded) this.#writeEnd(stream);
        return true;
      }
      stream.sentMs = this.nowMs;
    }
    this.#enqueue(stream, bytes, start, end, last);
    return false;
  }

  /** Ends the stream with fields, behind what waits. */
  sendTrailers(stream: Stream, fields: readonly Field[]): void {
    if (isQueued(stream)) stream.queuedTrailers = fields;
    else this.#writeTrailers(stream, fields);
  }

  adopt(stream: Stream): void {
    stream.sendWindow = this.firstStreamWindow;
    stream.beganMs = this.nowMs;
  }

  /** More than a stream, or the connection, may have waiting. */
  overfull(stream: Stream): boolean {
    const { maxStreamBytes, maxConnectionBytes } = this.#limits;
    return (stream.queue !== null && stream.queue.size > maxStreamBytes) || this.queuedBytes > maxConnectionBytes;
  }

  /** The stream is closed: what waits is dropped. */
  drop(stream: Stream): void {
    if (stream.ready) this.#leaveRing(stream);
    if (stream.queue !== null) this.queuedBytes -= stream.queue.size;
    stream.queue = null;
    stream.queuedTrailers = null;
    stream.drainWanted = false;
  }

  /** The socket is behind, or has drained. */
  behind(behind: boolean): void {
    this.#behind = behind;
    this.writer.behind(behind);
    if (!behind && this.#firstReady !== null) this.writer.wake();
  }

  /** WINDOW_UPDATE of the connection. False: beyond the maximum. `pump` is to follow. */
  widen(size: number): boolean {
    this.window += size;
    return this.window <= maxInt31;
  }

  /** WINDOW_UPDATE of a stream, or what its first window was changed by. False: beyond the maximum. `pump` is to follow. */
  widenStream(stream: Stream, size: number): boolean {
    stream.sendWindow += size;
    this.#settle(stream);
    return stream.sendWindow <= maxInt31;
  }

  /** Sends what windows and socket allow, a frame of each ready stream in turn. */
  pump(): void {
    if (this.#firstReady === null || this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#firstReady !== null && this.window > 0 && !this.#behind) this.#takeTurn(this.#firstReady);
    } finally {
      this.#pumping = false;
    }
  }

  #takeTurn(stream: Stream): void {
    this.#leaveRing(stream);
    if (isQueued(stream)) this.#writeQueued(stream, stream.queue!);
    if (stream.closed || stream.localEnded) return;
    if (isQueued(stream)) this.#settle(stream);
    else this.#emptied(stream);
  }

  #emptied(stream: Stream): void {
    const trailers = stream.queuedTrailers;
    if (trailers !== null) {
      stream.queuedTrailers = null;
      this.#writeTrailers(stream, trailers);
    } else if (stream.drainWanted && stream.sendWindow > 0) {
      stream.drainWanted = false;
      stream.drained();
    }
  }

  #writeQueued(stream: Stream, queue: ByteQueue): void {
    const size = Math.min(queue.size, stream.sendWindow, this.window, maxFrameBytes);
    const ends = stream.queuedEnd && size === queue.size;
    this.#beginData(stream, size, ends);
    queue.move(size, this.writer.bytes, this.writer.at);
    this.writer.at += size;
    this.queuedBytes -= size;
    stream.sentMs = this.nowMs;
    if (ends) this.#ended(stream);
  }

  /** As much as the windows allow, in frames. Returns where it stopped. */
  #writeBody(stream: Stream, bytes: Uint8Array, start: number, end: number, last: boolean): number {
    const allowed = Math.min(end - start, stream.sendWindow, this.window);
    for (let left = allowed; left > 0; ) {
      const size = Math.min(left, maxFrameBytes);
      const ends = last && start + size === end;
      this.#beginData(stream, size, ends);
      copyOctets(bytes, start, start + size, this.writer.bytes, this.writer.at);
      this.writer.at += size;
      start += size;
      left -= size;
      if (ends) this.#ended(stream);
      // A full chunk was sent, and its owner said that the socket is behind.
      if (this.#behind) break;
    }
    return start;
  }

  #beginData(stream: Stream, size: number, ends: boolean): void {
    this.writer.reserve(frameHeadBytes + size);
    this.writer.head(size, FrameType.data, ends ? FrameFlag.endStream : 0, stream.id);
    this.window -= size;
    stream.sendWindow -= size;
    this.dataFrames++;
  }

  #writeEnd(stream: Stream): void {
    this.writer.reserve(frameHeadBytes);
    this.writer.head(0, FrameType.data, FrameFlag.endStream, stream.id);
    this.#ended(stream);
  }

  #writeTrailers(stream: Stream, fields: readonly Field[]): void {
    const { writer } = this;
    const start = writer.beginFields(trailersBound(fields));
    this.encoder.trailers(fields, writer);
    writer.endFields(start, FrameFlag.endStream, stream.id);
    this.#ended(stream);
  }

  #ended(stream: Stream): void {
    stream.localEnded = true;
    stream.drainWanted = false;
    if (stream.ready) this.#leaveRing(stream);
    stream.onLocalEnd();
  }

  #enqueue(stream: Stream, bytes: Uint8Array, start: number, end: number, last: boolean): void {
    stream.queue ??= new ByteQueue();
    stream.queue.push(bytes, start, end);
    this.queuedBytes += end - start;
    if (last) stream.queuedEnd = true;
    else stream.drainWanted = true;
    this.#settle(stream);
    if (stream.ready) this.writer.wake();
  }

  /** Puts the stream into the ring, at its end, or takes it out. */
  #settle(stream: Stream): void {
    const able = stream.sendWindow > 0 && !stream.closed && (stream.drainWanted || isQueued(stream));
    if (able === stream.ready) return;
    if (able) this.#joinRing(stream);
    else this.#leaveRing(stream);
  }

  #joinRing(stream: Stream): void {
    stream.ready = true;
    stream.previousReady = this.#lastReady;
    if (this.#lastReady === null) this.#firstReady = stream;
    else this.#lastReady.nextReady = stream;
    this.#lastReady = stream;
  }

  #leaveRing(stream: Stream): void {
    const { previousReady: previous, nextReady: next } = stream;
    if (previous === null) this.#firstReady = next;
    else previous.nextReady = next;
    if (next === null) this.#lastReady = previous;
    else next.previousReady = previous;
    stream.previousReady = null;
    stream.nextReady = null;
    stream.ready = false;
  }
}

/** Octets wait. */
export function isQueued(stream: Stream): boolean {
  return stream.queue !== null && stream.queue.size > 0;
}
