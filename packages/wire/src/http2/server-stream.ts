import type {
  AbortReason,
  DownstreamStream,
  Field,
  RequestHead,
  RequestReceiver,
  ResponseHead,
} from '@fairlead/message';
import type { Octets } from '../octets.ts';
import { ByteQueue } from './byte-queue.ts';
import { ErrorCode } from './error-code.ts';
import { resetCodeOf } from './reset-code.ts';
import type { ServerSession } from './server-session.ts';
import { Stream } from './stream.ts';
import { Fate } from './stream-table.ts';

/**
 * One request and its response on an HTTP/2 connection. It is `over` once the response has ended, after `abort`, and after
 * `onRequestAbort`: later calls are ignored, and its receiver is not called again.
 *
 * - A response that ends before its request did ends the exchange: END_STREAM, then RST_STREAM with NO_ERROR (RFC 9113 §8.1).
 * - A response body longer or shorter than `contentLength` promised is broken off with INTERNAL_ERROR.
 * - After `sendHead` with 101, data in both directions is the tunnel, and the stream is over when both have ended. What the client sent for
 *   it before is kept until then.
 */
export class ServerStream extends Stream implements DownstreamStream {
  readonly session: ServerSession;
  /** Null before `onRequest` has returned it and when the exchange is over. */
  receiver: RequestReceiver | null = null;
  over: boolean = false;
  headSent: boolean = false;
  /** Octets of the body since `bodyCheckMs` was set. (`SlowStreams`) */
  bodyBytes: number = 0;
  /** When the body is to be looked at next; 0 before the first time. (`SlowStreams`) */
  bodyCheckMs: number = 0;
  #headOnly: boolean = false;
  /** The request asks for a tunnel. */
  #upgrade: boolean = false;
  #tunnel: boolean = false;
  /** The tunnel's first octets were delivered. */
  #tunnelOpen: boolean = false;
  /** What came before `#tunnelOpen`. */
  #early: ByteQueue | null = null;
  /** The last of the response was given to us. */
  #lastGiven: boolean = false;
  /** Broken off by us; the receiver is still to be told. */
  #gaveUp: boolean = false;

  constructor(session: ServerSession, id: number) {
    super(id);
    this.session = session;
  }

  // Of the exchange.

  sendInfo(head: ResponseHead): void {
    if (this.over || this.headSent) return;
    this.session.outbound.sendResponse(this, head, false);
  }

  sendHead(head: ResponseHead, end: boolean): void {
    if (this.over || this.headSent) return;
    if (head.status === 101) this.#switchProtocols(head);
    else if (head.status < 200) this.sendInfo(head);
    else this.#sendFinal(head, end);
  }

  sendData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (this.over || this.#lastGiven) return true;
    if (!this.headSent || !this.#fits(end - start, last)) {
      this.#giveUp(last);
      return true;
    }
    if (last) this.#end();
    const sent = this.session.outbound.sendData(this, bytes, start, end, last);
    if (!sent && this.session.outbound.overfull(this)) {
      this.#giveUp(last);
      return true;
    }
    if (last) this.#letUploadGoOn();
    return sent;
  }

  sendTrailers(fields: readonly Field[]): void {
    if (this.over || this.#lastGiven) return;
    if (!this.headSent || this.#tunnel || !this.#fits(0, true)) {
      this.#giveUp(true);
      return;
    }
    this.#end();
    this.session.outbound.sendTrailers(this, fields);
    this.#letUploadGoOn();
  }

  abort(reason: AbortReason): void {
    if (this.over) return;
    this.finish();
    this.session.reset(this, resetCodeOf(reason));
  }

  resumeRequest(): void {
    if (this.heldBack && !this.closed) this.session.inbound.resume(this);
  }

  // Of the session.

  /** The request's head was read. */
  begin(head: RequestHead, end: boolean): void {
    this.#headOnly = head.method === 'HEAD';
    this.#upgrade = head.upgrade !== '';
    this.remoteEnded = end;
    this.unreceived = this.#upgrade ? -1 : head.contentLength;
  }

  /** `onRequest` has returned. */
  attach(receiver: RequestReceiver): void {
    if (!this.over || this.#gaveUp) this.receiver = receiver;
  }

  /** The exchange is over; returns who is still to be told, null when nobody is. */
  finish(): RequestReceiver | null {
    const { receiver } = this;
    this.over = true;
    this.receiver = null;
    return receiver;
  }

  override get takesData(): boolean {
    return true;
  }

  /** RFC 9113 §8.5: only DATA. */
  get takesTrailers(): boolean {
    return !this.#upgrade;
  }

  override deliver(bytes: Octets, start: number, end: number, last: boolean): boolean {
    this.bodyBytes += end - start;
    if (this.#upgrade && !this.#tunnelOpen) {
      this.#early ??= new ByteQueue();
      this.#early.push(bytes, start, end);
      return false;
    }
    const { receiver } = this;
    return receiver === null || receiver.onRequestData(bytes, start, end, last);
  }

  /** Behind the peer's END_STREAM. */
  onRemoteEnd(): void {
    if (this.localEnded) this.#close();
  }

  override onLocalEnd(): void {
    if (this.remoteEnded) this.#close();
    else if (!this.#tunnel) this.session.reset(this, ErrorCode.noError);
  }

  override drained(): void {
    this.receiver?.onResponseDrained();
  }

  override onTurnEnd(): void {
    if (this.#gaveUp) this.finish()?.onRequestAbort('gateway');
    else if (this.#tunnel && !this.#tunnelOpen) this.#openTunnel();
  }

  // Parts.

  #sendFinal(head: ResponseHead, end: boolean): void {
    this.headSent = true;
    const bodiless = this.#headOnly || head.status === 204 || head.status === 304;
    if (end && !bodiless && head.contentLength > 0) {
      // A length without its body.
      this.#giveUp(true);
      return;
    }
    const ends = end || bodiless;
    if (ends) this.#end();
    else this.unsent = head.contentLength;
    this.session.outbound.sendResponse(this, head, ends);
  }

  #switchProtocols(head: ResponseHead): void {
    if (!this.#upgrade) {
      this.abort('gateway');
      return;
    }
    this.headSent = true;
    this.#tunnel = true;
    this.session.outbound.sendResponse(this, head, false);
    // What the client has sent already is not delivered within the caller's `sendHead`.
    this.session.atTurnEnd(this);
  }

  #openTunnel(): void {
    this.#tunnelOpen = true;
    const early = this.#early;
    this.#early = null;
    let took = true;
    while (early !== null && early.size > 0) {
      const { first, firstStart, firstEnd } = early;
      early.skipFirst();
      took = this.deliver(first, firstStart, firstEnd, false);
    }
    if (this.remoteEnded) this.receiver?.onRequestData(new Uint8Array(0), 0, 0, true);
    else if (took) this.resumeRequest();
  }

  /** Counts what the response's length leaves. */
  #fits(size: number, last: boolean): boolean {
    if (this.unsent < 0) return true;
    const left = this.unsent - size;
    if (left < 0 || (last && left > 0)) return false;
    this.unsent = left;
    return true;
  }

  /** The response was given whole; a tunnel's other direction may go on. */
  #end(): void {
    this.#lastGiven = true;
    if (!this.#tunnel) this.finish();
  }

  /** Some clients read their response only behind their request. */
  #letUploadGoOn(): void {
    if (!this.#tunnel) this.resumeRequest();
  }

  /** The response can't be sent as it comes. Its source hears of it, unless it is through, but not within its own call. */
  #giveUp(last: boolean): void {
    this.over = true;
    if (last) this.finish();
    else {
      this.#gaveUp = true;
      this.session.atTurnEnd(this);
    }
    this.session.reset(this, ErrorCode.internalError);
  }

  #close(): void {
    this.finish();
    this.session.close(this, Fate.ended);
  }
}
