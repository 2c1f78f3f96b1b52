import type { AbortReason, Field, RequestHead, ResponseHead, ResponseReceiver } from '@fairlead/message';
import { type Octets, ResponseParser, type ResponseSink } from '@fairlead/wire';
import type { EndpointSocket, FailureCode, SocketUser } from './endpoint-socket.ts';
import { RequestWriter } from './request-writer.ts';
import type { Upstream } from './upstream.ts';
import { responseLimits, type UpstreamShare } from './upstream-share.ts';

/** Whom a connection belongs to between its exchanges. */
export interface ConnectionOwner {
  /** Request and response are wholly done: the connection may serve again. False: it is not wanted any more. */
  takeBack(connection: Http1Upstream): boolean;
  /** It can't be used any more, whoever had it. */
  connectionClosed(connection: Http1Upstream): void;
}

/** After both ends of a tunnel have ended, what is queued must leave within this time. */
const lingerMs = 60_000;

/**
 * One HTTP/1.1 connection to an endpoint. Serves one exchange after the other; between them anything that arrives is unasked for and ends
 * the connection.
 */
export class Http1Upstream implements Upstream, ResponseSink, SocketUser {
  idleSinceMs: number = 0;
  /** The peer may close it at any moment from then on. */
  idleUntilMs: number = Number.POSITIVE_INFINITY;
  readonly #owner: ConnectionOwner;
  readonly #share: UpstreamShare;
  readonly #socket: EndpointSocket;
  readonly #writer: RequestWriter;
  readonly #parser: ResponseParser;
  /** Null while idle, after an abort, and when closed. */
  #receiver: ResponseReceiver | null = null;
  #served: number = 0;
  #paused: boolean = false;
  /** A byte of the response has come. */
  #answered: boolean = false;
  #upgradeAsked: boolean = false;
  #tunnel: boolean = false;
  /** The peer has sent FIN. */
  #peerEnded: boolean = false;

  /** `socket` may be on its way still. */
  constructor(socket: EndpointSocket, owner: ConnectionOwner, share: UpstreamShare) {
    this.#owner = owner;
    this.#share = share;
    this.#socket = socket;
    this.#parser = new ResponseParser(responseLimits, this);
    this.#writer = new RequestWriter(socket.socket, share, !socket.secure);
    socket.user = this;
  }

  get established(): boolean {
    return this.#socket.established;
  }

  /** Sends the head; `end`: no body follows. A failure is reported later, never from inside this call. */
  begin(receiver: ResponseReceiver, head: RequestHead, end: boolean): void {
    this.#receiver = receiver;
    this.#answered = false;
    this.#upgradeAsked = head.upgrade !== '';
    this.#parser.begin(head.method);
    this.#writer.head(head, end);
  }

  sendData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (this.#receiver === null) return true;
    if (!this.#writer.fits(end - start, last)) {
      // The client's codec has checked this; a body that is framed wrongly must not reach an endpoint whatever happens.
      this.onBroken('reset', false);
      return true;
    }
    const flows = this.#writer.data(bytes, start, end, last);
    this.#endTunnel();
    return flows && this.established;
  }

  sendTrailers(fields: readonly Field[]): void {
    if (this.#receiver !== null) this.#writer.trailers(fields);
  }

  abort(_reason: AbortReason): void {
    this.#receiver = null;
    this.close();
  }

  resumeResponse(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (!this.#socket.closed) this.#socket.socket.resume();
  }

  close(): void {
    if (this.#socket.close()) this.#owner.connectionClosed(this);
  }

  // ---- what the parser finds ----

  onInfo(head: ResponseHead): void {
    this.#receiver?.onResponseInfo(head);
  }

  onHead(head: ResponseHead, end: boolean): void {
    if (head.status === 101) this.#switchProtocols(head);
    else this.#receiver?.onResponseHead(head, end);
  }

  onBody(bytes: Octets, start: number, end: number, last: boolean): void {
    if (this.#receiver === null) return;
    if (!this.#receiver.onResponseData(bytes, start, end, last)) this.#paused = true;
  }

  onTrailers(fields: readonly Field[]): void {
    this.#receiver?.onResponseTrailers(fields);
  }

  // ---- what the socket says ----

  onEstablished(): void {
    if (!this.#writer.blocked) this.#receiver?.onRequestDrained();
  }

  onDrain(): void {
    this.#writer.drained();
    if (this.established) this.#receiver?.onRequestDrained();
  }

  /** False pauses the socket. */
  onBytes(bytes: Buffer, size: number): boolean {
    if (this.#tunnel) this.onBody(bytes, 0, size, false);
    else this.#parse(bytes, size);
    return !this.#paused;
  }

  onPeerEnd(): void {
    this.#peerEnded = true;
    if (this.#tunnel) {
      this.#receiver?.onResponseData(nothing, 0, 0, true);
      this.#endTunnel();
    } else if (this.#receiver === null) this.close();
    else if (this.#answered && this.#parser.finish()) this.#finish(false);
    else this.onBroken('closed_early', false);
  }

  onBroken(code: FailureCode, unprocessed: boolean): void {
    if (this.#socket.closed) return;
    const receiver = this.#receiver;
    const reused = this.#served > 0 && !this.#answered && (code === 'reset' || code === 'closed_early');
    this.#receiver = null;
    this.close();
    receiver?.onUpstreamFailure({ code, unprocessed, reused });
  }

  onReleased(): void {
    this.#writer.closed();
  }

  #parse(buffer: Buffer, size: number): void {
    // Nobody asked for anything: a response now could be taken for the answer to the next request.
    if (this.#receiver === null) {
      this.close();
      return;
    }
    this.#answered = true;
    const at = this.#parser.parse(buffer, 0, size);
    if (this.#socket.closed) return;
    if (at < 0) this.onBroken('bad_response', false);
    else if (this.#tunnel) {
      if (at < size) this.onBody(buffer, at, size, false);
    } else if (this.#parser.complete) this.#finish(at === size && this.#parser.keepAlive);
  }

  // ---- ends ----

  /** The response is complete and delivered. */
  #finish(reusable: boolean): void {
    this.#receiver = null;
    this.#socket.rest();
    this.#served++;
    // An early answer: the rest of the request would be read as the beginning of the next.
    const clean = reusable && this.#writer.ended && this.#writer.isEmpty && !this.#peerEnded;
    this.resumeResponse();
    this.idleSinceMs = this.#share.nowMs;
    this.idleUntilMs = this.idleSinceMs + idleMs(this.#parser.keepAliveSeconds);
    if (!clean || !this.#owner.takeBack(this)) this.close();
  }

  #switchProtocols(head: ResponseHead): void {
    if (this.#receiver === null) return;
    if (!this.#upgradeAsked || !this.#writer.ended) {
      this.onBroken('bad_response', false);
      return;
    }
    this.#tunnel = true;
    this.#writer.tunnel();
    this.#receiver.onResponseHead(head, false);
  }

  /** Both sides have said their last: what is queued may still leave. */
  #endTunnel(): void {
    if (!this.#tunnel || !this.#peerEnded || !this.#writer.ended || this.#socket.closed) return;
    this.#receiver = null;
    this.#socket.socket.setTimeout(lingerMs, () => this.close());
  }
}

const nothing = Buffer.alloc(0);

/** How long a connection may be idle that its peer closes after `seconds`: less, so that no request meets the close on its way. */
function idleMs(seconds: number): number {
  return seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1_000 - Math.min(1_000, seconds * 500);
}
