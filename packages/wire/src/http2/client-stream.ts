import type {
  AbortReason,
  Field,
  RequestHead,
  ResponseHead,
  ResponseReceiver,
  UpstreamFailure,
  UpstreamStream,
} from '@fairlead/message';
import type { Octets } from '../octets.ts';
import type { ClientSession } from './client-session.ts';
import { ErrorCode } from './error-code.ts';
import { Stream } from './stream.ts';
import { Fate } from './stream-table.ts';

/** As over HTTP/1.1. */
const maxInfos = 8;

/**
 * One request sent to a server and its response. It is `over` once the response has ended, after `abort` and after `onUpstreamFailure`:
 * later calls are ignored, and its receiver is not called again. A response that ends before its request did cancels the rest of it.
 */
export class ClientStream extends Stream implements UpstreamStream {
  readonly session: ClientSession;
  over: boolean = false;
  /** The final head has come. */
  headReceived: boolean = false;
  /** `FrameWriter.sent` when the head was composed. */
  composedAt: number = 0;
  /** Others were answered on the connection before. */
  readonly reused: boolean;
  #receiver: ResponseReceiver | null;
  readonly #headOnly: boolean;
  /** The protocol of the tunnel that the request asks for; '' without. */
  readonly #upgrade: string;
  #tunnel: boolean = false;
  #infos: number = 0;
  /** The last of the request was given to us. */
  #lastGiven: boolean = false;

  constructor(session: ClientSession, id: number, head: RequestHead, receiver: ResponseReceiver, reused: boolean) {
    super(id);
    this.session = session;
    this.reused = reused;
    this.#receiver = receiver;
    this.#headOnly = head.method === 'HEAD';
    this.#upgrade = head.upgrade;
  }

  // Of the exchange.

  sendData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (this.over || this.#lastGiven) return true;
    if (!this.#fits(end - start, last)) {
      this.#giveUp();
      return true;
    }
    this.#lastGiven = last;
    const sent = this.session.outbound.sendData(this, bytes, start, end, last);
    if (sent || !this.session.outbound.overfull(this)) return sent;
    this.#giveUp();
    return true;
  }

  sendTrailers(fields: readonly Field[]): void {
    if (this.over || this.#lastGiven) return;
    if (this.#upgrade !== '' || !this.#fits(0, true)) {
      this.#giveUp();
      return;
    }
    this.#lastGiven = true;
    this.session.outbound.sendTrailers(this, fields);
  }

  abort(_reason: AbortReason): void {
    if (this.over) return;
    this.#finish();
    this.session.reset(this, ErrorCode.cancel);
  }

  resumeResponse(): void {
    if (this.heldBack && !this.closed) this.session.inbound.resume(this);
  }

  // Of the session.

  /** Sends the request's head. */
  begin(head: RequestHead, end: boolean): void {
    const ends = end && this.#upgrade === '';
    this.#lastGiven = ends;
    if (ends && head.contentLength > 0) this.#giveUp();
    else {
      if (!ends && this.#upgrade === '') this.unsent = head.contentLength;
      this.session.outbound.sendRequest(this, head, this.session.settings.scheme, ends);
      this.composedAt = this.session.outbound.writer.sent;
    }
  }

  /** A response's head. False: the server must not send it. `ends`: with END_STREAM. */
  onHead(head: ResponseHead, ends: boolean): boolean {
    if (head.status < 200) return this.#onInfo(head, ends);
    this.headReceived = true;
    if (this.#upgrade !== '' && head.status < 300) this.#onTunnel(head, ends);
    else if (this.#headOnly || head.status === 204 || head.status === 304) this.#onBodiless(head, ends);
    else if (ends && head.contentLength > 0) return false;
    else {
      this.unreceived = head.contentLength;
      this.remoteEnded = ends;
      this.#receiver?.onResponseHead(head, ends);
      if (ends && !this.closed) this.onRemoteEnd();
    }
    return true;
  }

  onTrailers(fields: readonly Field[]): void {
    this.remoteEnded = true;
    this.#receiver?.onResponseTrailers(fields);
    if (!this.closed) this.onRemoteEnd();
  }

  /** Tells that there will be no response, or no more of it. `reused`: it was the connection's end, and a fresh one is worth a try. */
  fail(code: UpstreamFailure['code'], unprocessed: boolean, reused: boolean = false): void {
    this.#finish()?.onUpstreamFailure({ code, unprocessed, reused });
  }

  /** A tunnel in which the server has said its last. */
  get isEndedTunnel(): boolean {
    return this.#tunnel && this.remoteEnded;
  }

  /** The server has no use for what still comes through an ended tunnel: that is no failure, and the client may end it in its own time. */
  letGo(): void {
    const receiver = this.#finish();
    if (this.drainWanted) receiver?.onRequestDrained();
  }

  override get takesData(): boolean {
    return this.headReceived;
  }

  /** RFC 9113 §8.5: only DATA in a tunnel. */
  get takesTrailers(): boolean {
    return !this.#tunnel;
  }

  override deliver(bytes: Octets, start: number, end: number, last: boolean): boolean {
    const receiver = this.#receiver;
    return receiver === null || receiver.onResponseData(bytes, start, end, last);
  }

  /** Behind the server's END_STREAM. */
  onRemoteEnd(): void {
    if (this.localEnded) this.#close();
    else if (!this.#tunnel) {
      this.#finish();
      this.session.reset(this, ErrorCode.noError);
    }
  }

  override onLocalEnd(): void {
    if (this.remoteEnded) this.#close();
  }

  override drained(): void {
    this.#receiver?.onRequestDrained();
  }

  override onTurnEnd(): void {
    this.fail('reset', false);
  }

  // Parts.

  #onInfo(head: ResponseHead, ends: boolean): boolean {
    this.#infos++;
    if (ends || this.#infos > maxInfos) return false;
    this.#receiver?.onResponseInfo(head);
    return true;
  }

  /** RFC 8441 §5. */
  #onTunnel(head: ResponseHead, ends: boolean): void {
    this.#tunnel = true;
    this.remoteEnded = ends;
    head.status = 101;
    head.upgrade = this.#upgrade;
    head.contentLength = -1;
    this.#receiver?.onResponseHead(head, false);
    if (ends && !this.closed) this.#receiver?.onResponseData(new Uint8Array(0), 0, 0, true);
    if (ends && !this.closed) this.onRemoteEnd();
  }

  /** Its length is that of a body that does not come; a server that goes on is not waited for. */
  #onBodiless(head: ResponseHead, ends: boolean): void {
    this.remoteEnded = ends;
    this.#finish()?.onResponseHead(head, true);
    if (ends && !this.closed) this.onRemoteEnd();
    else this.session.reset(this, ErrorCode.noError);
  }

  #fits(size: number, last: boolean): boolean {
    if (this.unsent < 0) return true;
    const left = this.unsent - size;
    if (left < 0 || (last && left > 0)) return false;
    this.unsent = left;
    return true;
  }

  /** The request can't be sent as it comes. Its receiver hears of it, but not within the source's call. */
  #giveUp(): void {
    this.#lastGiven = true;
    this.session.atTurnEnd(this);
    this.session.reset(this, ErrorCode.cancel);
  }

  #close(): void {
    this.#finish();
    this.session.close(this, Fate.ended);
  }

  #finish(): ResponseReceiver | null {
    const receiver = this.#receiver;
    this.over = true;
    this.#receiver = null;
    return receiver;
  }
}
