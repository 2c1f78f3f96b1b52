import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type {
  AbortReason,
  Field,
  RequestHead,
  ResponseHead,
  ResponseReceiver,
  UpstreamFailure,
} from '@fairlead/message';
import { type Octets, ResponseParser, type ResponseSink } from '@fairlead/wire';
import { openSocket, type UpstreamTarget } from './open-socket.ts';
import { ReadSize } from './read-buffers.ts';
import { RequestWriter } from './request-writer.ts';
import type { Upstream } from './upstream.ts';
import { type Connecting, responseLimits, type UpstreamShare } from './upstream-share.ts';

/** Whom a connection belongs to between its exchanges. */
export interface ConnectionOwner {
  /** Request and response are wholly done: the connection may serve again. False: it is not wanted any more. */
  takeBack(connection: Http1Upstream): boolean;
  /** It can't be used any more, whoever had it. */
  connectionClosed(connection: Http1Upstream): void;
  /** A TLS session to resume with. */
  keepSession(session: Buffer): void;
}

type FailureCode = UpstreamFailure['code'];

/** After both ends of a tunnel have ended, what is queued must leave within this time. */
const lingerMs = 60_000;

/**
 * One HTTP/1.1 connection to an endpoint. Serves one exchange after the other; between them anything that arrives is unasked for and ends
 * the connection.
 */
export class Http1Upstream implements Upstream, ResponseSink, Connecting {
  established: boolean = false;
  readonly openedMs: number;
  idleSinceMs: number = 0;
  readonly #owner: ConnectionOwner;
  readonly #share: UpstreamShare;
  readonly #socket: Socket;
  readonly #writer: RequestWriter;
  readonly #parser: ResponseParser;
  readonly #reads: ReadSize;
  /** Null while idle, after an abort, and when closed. */
  #receiver: ResponseReceiver | null = null;
  #served: number = 0;
  #secure: boolean;
  #closed: boolean = false;
  #paused: boolean = false;
  /** A byte of the response has come. */
  #answered: boolean = false;
  #upgradeAsked: boolean = false;
  #tunnel: boolean = false;
  /** The peer has sent FIN. */
  #peerEnded: boolean = false;

  constructor(target: UpstreamTarget, owner: ConnectionOwner, share: UpstreamShare) {
    this.openedMs = share.nowMs;
    this.#owner = owner;
    this.#share = share;
    this.#secure = target.tls !== null;
    this.#reads = new ReadSize(share.buffers);
    this.#parser = new ResponseParser(responseLimits, this);
    this.#socket = openSocket(target, this.#reads, (size, buffer) => this.#onData(size, buffer));
    this.#writer = new RequestWriter(this.#socket, share, !this.#secure);
    this.#listen(this.#socket);
    share.connecting.add(this);
    share.metrics.count('upstreamConnectionsOpened');
    share.metrics.count('upstreamConnectionsOpen', 1);
  }

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
      this.#fail('reset', false);
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
    if (!this.#closed) this.#socket.resume();
  }

  connectTimedOut(): void {
    this.#fail('connect_timeout', true);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.destroy();
    this.#share.connecting.delete(this);
    this.#share.metrics.count('upstreamConnectionsOpen', -1);
    this.#owner.connectionClosed(this);
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

  #listen(socket: Socket): void {
    socket.on('connect', () => this.#onConnect());
    socket.on('drain', () => this.#onDrain());
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    socket.on('close', () => this.#onClose());
    if (!this.#secure) return;
    const secure = socket as TLSSocket;
    secure.on('secureConnect', () => this.#onEstablished());
    secure.on('session', (session) => {
      if (secure.authorized) this.#owner.keepSession(session);
    });
  }

  #onConnect(): void {
    if (!this.#secure) this.#onEstablished();
  }

  #onEstablished(): void {
    this.established = true;
    this.#share.connecting.delete(this);
    if (!this.#writer.blocked) this.#receiver?.onRequestDrained();
  }

  #onDrain(): void {
    this.#writer.drained();
    if (this.established) this.#receiver?.onRequestDrained();
  }

  /** False pauses the socket. */
  #onData(size: number, buffer: Buffer): boolean {
    this.#reads.note(size);
    if (this.#closed) return false;
    try {
      if (this.#tunnel) this.onBody(buffer, 0, size, false);
      else this.#parse(buffer, size);
    } catch (error) {
      // A stage threw: this exchange is lost, the worker with all others is not.
      this.#share.onFault(error);
      this.#fail('reset', false);
    }
    return !this.#paused;
  }

  #parse(buffer: Buffer, size: number): void {
    // Nobody asked for anything: a response now could be taken for the answer to the next request.
    if (this.#receiver === null) {
      this.close();
      return;
    }
    this.#answered = true;
    const at = this.#parser.parse(buffer, 0, size);
    if (this.#closed) return;
    if (at < 0) this.#fail('bad_response', false);
    else if (this.#tunnel) {
      if (at < size) this.onBody(buffer, at, size, false);
    } else if (this.#parser.complete) this.#finish(at === size && this.#parser.keepAlive);
  }

  #onEnd(): void {
    if (this.#closed) return;
    this.#peerEnded = true;
    if (this.#tunnel) {
      this.#receiver?.onResponseData(nothing, 0, 0, true);
      this.#endTunnel();
    } else if (this.#receiver === null) this.close();
    else if (this.#answered && this.#parser.finish()) this.#finish(false);
    else this.#fail('closed_early', false);
  }

  #onError(error: NodeJS.ErrnoException): void {
    if (this.established) this.#fail('reset', false);
    else this.#fail(connectCode(error, this.#secure), true);
  }

  #onClose(): void {
    this.#writer.closed();
    this.#reads.close();
    if (this.established) this.#fail('closed_early', false);
    else this.#fail('connect_failed', true);
  }

  // ---- ends ----

  /** The response is complete and delivered. */
  #finish(reusable: boolean): void {
    this.#receiver = null;
    this.#reads.rest();
    this.#served++;
    // An early answer: the rest of the request would be read as the beginning of the next.
    const clean = reusable && this.#writer.ended && this.#writer.isEmpty && !this.#peerEnded;
    this.resumeResponse();
    this.idleSinceMs = this.#share.nowMs;
    if (!clean || !this.#owner.takeBack(this)) this.close();
  }

  #fail(code: FailureCode, unprocessed: boolean): void {
    if (this.#closed) return;
    const receiver = this.#receiver;
    const reused = this.#served > 0 && !this.#answered && (code === 'reset' || code === 'closed_early');
    this.#receiver = null;
    this.close();
    receiver?.onUpstreamFailure({ code, unprocessed, reused });
  }

  #switchProtocols(head: ResponseHead): void {
    if (this.#receiver === null) return;
    if (!this.#upgradeAsked || !this.#writer.ended) {
      this.#fail('bad_response', false);
      return;
    }
    this.#tunnel = true;
    this.#writer.tunnel();
    this.#receiver.onResponseHead(head, false);
  }

  /** Both sides have said their last: what is queued may still leave. */
  #endTunnel(): void {
    if (!this.#tunnel || !this.#peerEnded || !this.#writer.ended || this.#closed) return;
    this.#receiver = null;
    this.#socket.setTimeout(lingerMs, () => this.close());
  }
}

const nothing = Buffer.alloc(0);

function connectCode(error: NodeJS.ErrnoException, secure: boolean): FailureCode {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connect_refused';
    case 'ETIMEDOUT':
      return 'connect_timeout';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'connect_failed';
    default:
      return secure ? 'tls_failed' : 'connect_failed';
  }
}
