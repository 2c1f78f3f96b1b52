import type { Socket } from 'node:net';
import type { AbortReason, Field, RequestHead } from '@fairlead/message';
import type { Octets, RequestSink } from '@fairlead/wire';
import type { DownstreamSettings } from '../settings.ts';
import { AcceptedConnection } from './accepted-connection.ts';
import type { SocketReader } from './client-socket.ts';
import type { ClientConnection } from './connection-list.ts';
import type { ConnectionOrigin, ConnectionShare } from './connection-share.ts';
import { errorAnswer, headTimeout, type Refusal, slowBody } from './error-answer.ts';
import type { Flushable } from './flush-queue.ts';
import { HalfClose } from './half-close.ts';
import { Phase } from './http1-phase.ts';
import { Http1ResponseWriter } from './http1-response-writer.ts';
import { Http1Stream, type StreamConnection } from './http1-stream.ts';
import type { ParserSlot } from './parser-pool.ts';

/** Pipelined octets that are kept before the socket is paused. */
const maxPendingBytes = 16_384;
const lingerMs = 5_000;
const never = Number.POSITIVE_INFINITY;
const nothing = Buffer.alloc(0);

/**
 * One HTTP/1.1 client connection: bytes of a socket become exchanges, one at a time, in the order of their requests. Whoever made the socket
 * calls `receive`, and `on…` for its events; see `client-socket.ts`.
 *
 * What only a request needs is made with the first byte of one and given back after it: an idle connection is this object and the socket.
 */
export class Http1Connection
  extends AcceptedConnection
  implements ClientConnection, StreamConnection, SocketReader, RequestSink, Flushable
{
  readonly #socket: Socket;
  readonly #share: ConnectionShare;
  #phase: Phase = Phase.reading;
  #writer: Http1ResponseWriter | null = null;
  #slot: ParserSlot | null = null;
  #stream: Http1Stream | null = null;
  /** Octets behind the request in progress. */
  #pending: Buffer = nothing;
  #halfClose: HalfClose | null = null;
  #parsing: boolean = false;
  /** The first octets of the tunnel were delivered. */
  #tunnelOpen: boolean = false;
  #paused: boolean = false;
  /** `closeWhenIdle` was asked for. */
  #leaving: boolean = false;
  /** Of the last read with a request: more followed it. Supposed until the contrary was seen. */
  #pipelines: boolean = true;
  /** The client has closed its direction. */
  #ended: boolean = false;
  /** Of the body, since its deadline was set. */
  #bodyBytes: number = 0;

  constructor(socket: Socket, origin: ConnectionOrigin, share: ConnectionShare) {
    super(origin, share);
    this.#socket = socket;
    this.#share = share;
    this.#becomeIdle();
  }

  get writer(): Http1ResponseWriter {
    this.#writer ??= new Http1ResponseWriter(this.#socket, this.#share, this.origin.tls === null);
    return this.#writer;
  }

  get closing(): boolean {
    return this.#leaving || this.#share.draining || (this.tenure.leaving && !this.#moreRequests());
  }

  get bulk(): boolean {
    return this.#phase === Phase.tunnel || (this.#phase === Phase.reading && this.#stream !== null);
  }

  // From the socket.

  /** Lends `bytes[0, size)`. Errors of the stages behind end this connection, not the worker. */
  receive(bytes: Buffer, size: number): void {
    try {
      if (this.#phase === Phase.reading) {
        const at = this.#parse(bytes, size);
        if (at < size) this.#keep(bytes, at, size);
      } else if (this.#phase === Phase.tunnel && this.#tunnelOpen) this.#deliver(bytes, size, false);
      else this.#keep(bytes, 0, size);
    } catch (error) {
      this.#fault(error);
    }
  }

  onEnd(): void {
    this.#ended = true;
    try {
      if (this.#phase === Phase.reading) this.#endWhileReading();
      else if (this.#phase === Phase.answering) this.#watchHalfClose();
      else if (this.#phase === Phase.tunnel && this.#tunnelOpen) this.#endTunnel();
    } catch (error) {
      this.#fault(error);
    }
  }

  onDrain(): void {
    const writer = this.#writer;
    if (writer === null || !writer.blocked) return;
    writer.drained();
    try {
      if (this.#stream === null) this.#share.flushes.add(this);
      else this.#stream.receiver?.onResponseDrained();
    } catch (error) {
      this.#fault(error);
    }
  }

  onClose(): void {
    if (this.#phase === Phase.closed) return;
    this.#phase = Phase.closed;
    this.#pending = nothing;
    this.#writer?.closed();
    this.#releaseParser();
    this.list?.remove(this);
    this.#share.onClosed(this.origin);
    try {
      this.#stream?.finish()?.onRequestAbort('client_gone');
    } catch (error) {
      this.#share.onFault(error);
    }
  }

  // From the parser.

  onHead(head: RequestHead, end: boolean, http10: boolean, keepAlive: boolean): void {
    const stream = new Http1Stream(this, head, end, http10, keepAlive);
    this.#stream = stream;
    this.#share.recycling.leavesWith(this.tenure, this.origin.settings.recycling, head.fields);
    this.deadlineMs = never;
    if (!head.expectContinue) this.bodyAwaited();
    const receiver = this.#share.handler.onRequest(head, end, stream);
    if (!stream.over) stream.receiver = receiver;
  }

  onBody(bytes: Octets, start: number, end: number, last: boolean): void {
    const stream = this.#stream!;
    this.#bodyBytes += end - start;
    if (last) this.#endRequest(stream);
    else if (this.deadlineMs === never) this.bodyAwaited();
    const receiver = stream.receiver;
    if (receiver === null || receiver.onRequestData(bytes, start, end, last) || last || stream.over) return;
    stream.heldBack = true;
    this.#pause();
  }

  onTrailers(fields: readonly Field[]): void {
    const stream = this.#stream!;
    this.#endRequest(stream);
    stream.receiver?.onRequestTrailers(fields);
  }

  // From the stream.

  responseEnded(stream: Http1Stream): void {
    // Within the parser it is not known yet whether the request is complete: `#parse` goes on from here.
    if (this.#parsing) return;
    if (!stream.requestEnded) this.#finish();
    else if (this.#advance(stream)) this.#awaitNext();
  }

  tunnelBegins(): void {
    this.#phase = Phase.tunnel;
    // What came behind the request belongs to the tunnel, but not within the caller's `sendHead`.
    this.#share.flushes.add(this);
  }

  tunnelEnded(stream: Http1Stream): void {
    if (this.#ended && this.#tunnelOpen) stream.finish();
    this.writer.end();
  }

  bodyAwaited(): void {
    if (this.#stream === null || this.#stream.requestEnded) return;
    this.deadlineMs = this.#share.nowMs + this.origin.settings.bodyGraceMs;
    this.#bodyBytes = 0;
  }

  resumeRequest(): void {
    this.bodyAwaited();
    this.#resume();
  }

  /** RST where possible: even a body that ends with the connection must not look complete. */
  breakOff(): void {
    if (this.#phase === Phase.closed) return;
    this.#phase = Phase.lingering;
    if (this.#socket.destroyed) return;
    if (this.tls === null) this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  // From the worker.

  sweep(nowMs: number): void {
    try {
      if (this.#writer?.stalled(nowMs, this.origin.settings.writeIdleMs)) this.#cutOff('timeout');
      else if (nowMs >= this.deadlineMs) this.#expire(nowMs);
    } catch (error) {
      this.#fault(error);
    }
  }

  restartDeadline(): void {
    const { nowMs } = this.#share;
    const { settings } = this.origin;
    if (this.#phase !== Phase.reading) return;
    if (this.#slot === null) this.deadlineMs = nowMs + settings.idleTimeoutMs;
    else if (this.#stream === null) this.deadlineMs = nowMs + settings.headTimeoutMs;
    else this.bodyAwaited();
  }

  closeWhenIdle(): void {
    this.#leaving = true;
    if (this.#phase === Phase.reading && this.#slot === null) this.#finish();
  }

  makeRoom(): void {
    this.tenure.chosen = true;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** What was put off to the end of the turn: the next of several pipelined requests, or the first bytes of a tunnel. */
  flush(): void {
    try {
      if (this.#phase === Phase.answering && this.#stream === null) this.#readNext();
      else if (this.#phase === Phase.tunnel && !this.#tunnelOpen) this.#openTunnel();
    } catch (error) {
      this.#fault(error);
    }
  }

  // Reading requests.

  /** Returns the offset behind what was used; what follows is for `#keep`. */
  #parse(bytes: Buffer, end: number): number {
    const parser = (this.#slot ?? this.#begin()).parser;
    let at = 0;
    let first = true;
    this.#parsing = true;
    for (;;) {
      at = parser.parse(bytes, at, end);
      if (at < 0 || !parser.complete || !this.#requestRead() || at === end) break;
      first = false;
    }
    this.#pipelines = !first || at < end;
    this.#parsing = false;
    if (at < 0) this.#refuse(parser.error!, 'protocol_error');
    else if (this.#phase === Phase.reading) this.#parsedAll(parser.idle);
    return at < 0 ? end : at;
  }

  #begin(): ParserSlot {
    const { settings } = this.origin;
    const slot = this.#share.parsers.take(settings, this.tls !== null, this);
    this.#slot = slot;
    this.deadlineMs = this.#share.nowMs + settings.headTimeoutMs;
    this.#share.busy.adopt(this);
    return slot;
  }

  /** A request was read whole. True when the next may be read at once. */
  #requestRead(): boolean {
    if (this.#phase !== Phase.reading) return false;
    if (this.#stream!.over) return this.#advance(this.#stream!);
    this.#phase = Phase.answering;
    return false;
  }

  /** All bytes are used and more are wanted. `idle`: not one of them belongs to a request. */
  #parsedAll(idle: boolean): void {
    if (idle) this.#becomeIdle();
    else if (this.#stream?.over) this.#finish();
  }

  /** The exchange is over, its request was read. False when nothing more is to be read for now. */
  #advance(stream: Http1Stream): boolean {
    this.#stream = null;
    this.#halfClose = null;
    if (!stream.keepAlive || this.#leaving) {
      this.#finish();
      return false;
    }
    this.#slot!.parser.next();
    this.deadlineMs = this.#share.nowMs + this.origin.settings.headTimeoutMs;
    // A client that sends requests without reading the answers must not fill our memory: go on when the socket has drained.
    this.#phase = this.writer.blocked ? Phase.answering : Phase.reading;
    return this.#phase === Phase.reading;
  }

  #awaitNext(): void {
    if (this.#pending.length === 0) {
      this.#becomeIdle();
      return;
    }
    // Not from within the call that ended the response: its caller has still to clean up.
    this.#phase = Phase.answering;
    this.#share.flushes.add(this);
  }

  #readNext(): void {
    if (this.writer.blocked) return;
    const bytes = this.#pending;
    this.#pending = nothing;
    this.#phase = Phase.reading;
    if (bytes.length === 0) {
      this.#becomeIdle();
      return;
    }
    const at = this.#parse(bytes, bytes.length);
    if (this.#waits()) this.#pending = bytes.subarray(at);
    if (this.#ended) this.onEnd();
    else if (!this.#stream?.heldBack && this.#pending.length < maxPendingBytes) this.#resume();
  }

  #becomeIdle(): void {
    this.#releaseParser();
    this.#phase = Phase.reading;
    const { idleTimeoutMs } = this.origin.settings;
    this.deadlineMs = this.#share.nowMs + idleTimeoutMs;
    if (this.#ended || this.#leaving) {
      this.#finish();
      return;
    }
    this.#share.idle.adopt(this, idleTimeoutMs);
    this.#resume();
  }

  /** One that stopped within a message is of no use to others. */
  #releaseParser(): void {
    const slot = this.#slot;
    if (slot === null) return;
    this.#slot = null;
    if (slot.parser.complete) slot.parser.next();
    if (slot.parser.idle && slot.parser.error === null) this.#share.parsers.give(slot, this.tls !== null);
  }

  #endRequest(stream: Http1Stream): void {
    stream.requestEnded = true;
    this.deadlineMs = never;
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    if (!this.#waits()) return;
    const more = bytes.subarray(start, end);
    this.#pending = this.#pending.length === 0 ? Buffer.from(more) : Buffer.concat([this.#pending, more]);
    if (this.#pending.length >= maxPendingBytes) this.#pause();
  }

  /** What the client sends now is for later. */
  #waits(): boolean {
    return this.#phase === Phase.answering || this.#phase === Phase.tunnel;
  }

  /** Requests were sent already that `Connection: close` would leave unanswered; while one is parsed it isn't known yet. */
  #moreRequests(): boolean {
    return this.#parsing ? this.#pipelines : this.#pending.length > 0;
  }

  #pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  // The tunnel.

  #openTunnel(): void {
    const bytes = this.#pending;
    this.#pending = nothing;
    this.#tunnelOpen = true;
    this.#resume();
    if (bytes.length > 0) this.#deliver(bytes, bytes.length, false);
    if (this.#ended) this.#endTunnel();
  }

  #deliver(bytes: Buffer, size: number, last: boolean): void {
    const stream = this.#stream!;
    const receiver = stream.receiver;
    if (receiver === null || receiver.onRequestData(bytes, 0, size, last) || last || stream.over) return;
    stream.heldBack = true;
    this.#pause();
  }

  #endTunnel(): void {
    const stream = this.#stream!;
    const receiver = this.#socket.writableEnded ? stream.finish() : stream.receiver;
    receiver?.onRequestData(nothing, 0, 0, true);
  }

  // Ends.

  #endWhileReading(): void {
    if (this.#stream === null) this.#finish();
    else this.#cutOff('client_gone');
  }

  #watchHalfClose(): void {
    const stream = this.#stream;
    if (stream === null) return;
    this.#halfClose = new HalfClose(this.#share.nowMs, stream, this.writer);
    this.deadlineMs = this.#halfClose.checkMs;
  }

  #expire(nowMs: number): void {
    if (this.#phase === Phase.reading) this.#expireReading();
    else if (this.#phase === Phase.answering) this.#checkHalfClose(nowMs);
    else if (this.#phase === Phase.lingering) this.#expireLingering(nowMs);
  }

  #expireReading(): void {
    const stream = this.#stream;
    if (this.#slot === null) this.#finish();
    else if (stream === null) this.#refuse(headTimeout, 'timeout');
    else if (stream.heldBack || this.#bodyBytes >= leastBodyBytes(this.origin.settings)) this.bodyAwaited();
    else this.#refuse(slowBody, 'timeout');
  }

  #checkHalfClose(nowMs: number): void {
    if (this.#halfClose === null || this.#stream === null) {
      this.deadlineMs = never;
      return;
    }
    if (this.#halfClose.check(nowMs, this.#stream, this.writer) === 'gone') this.#cutOff('client_gone');
    else this.deadlineMs = this.#halfClose.checkMs;
  }

  #expireLingering(nowMs: number): void {
    // Whether the client takes the rest of its answer is watched by `stalled`.
    if (this.#socket.writableLength > 0) this.deadlineMs = nowMs + lingerMs;
    else this.#socket.destroy();
  }

  /** Answers with an error while that is possible, and ends the connection. */
  #refuse(why: Refusal, reason: AbortReason): void {
    this.#share.onRefused(why.status, why.code);
    const stream = this.#stream;
    const receiver = stream?.finish();
    if (stream?.headSent) this.breakOff();
    else {
      this.writer.text(errorAnswer(why, this.#share.exposeReason));
      this.#finish();
    }
    receiver?.onRequestAbort(reason);
  }

  #cutOff(reason: AbortReason): void {
    const receiver = this.#stream?.finish();
    this.breakOff();
    receiver?.onRequestAbort(reason);
  }

  /** Nothing more will be said: FIN, and time for the client to read what was. */
  #finish(): void {
    if (this.#phase === Phase.lingering || this.#phase === Phase.closed) return;
    this.#phase = Phase.lingering;
    this.#pending = nothing;
    this.#releaseParser();
    this.deadlineMs = this.#share.nowMs + lingerMs;
    this.#share.busy.adopt(this);
    if (this.#writer === null) this.#socket.end();
    else this.#writer.end();
    this.#resume();
  }

  #fault(error: unknown): void {
    this.#share.onFault(error);
    this.#parsing = false;
    try {
      this.#cutOff('gateway');
    } catch (second) {
      this.#share.onFault(second);
    }
  }
}

/** What a body has to bring within its grace. */
function leastBodyBytes({ minBodyBytesPerSecond, bodyGraceMs }: DownstreamSettings): number {
  return (minBodyBytesPerSecond * bodyGraceMs) / 1_000;
}
