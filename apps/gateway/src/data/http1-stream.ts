import type { AbortReason, Field, RequestHead, RequestReceiver, ResponseHead } from '@fairlead/message';
import type { ClientPeer, ClientStream } from './client-stream.ts';
import type { Http1ResponseWriter, ResponseTerms } from './http1-response-writer.ts';

/** What a stream asks of the connection it runs on. */
export interface StreamConnection extends ClientPeer {
  readonly writer: Http1ResponseWriter;
  /** The answer to the request in progress must be the connection's last. */
  readonly closing: boolean;
  responseEnded(stream: Http1Stream): void;
  /** `status` 101 was sent: from now on both directions are raw. */
  tunnelBegins(stream: Http1Stream): void;
  tunnelEnded(stream: Http1Stream): void;
  /** The client was told to send its body. */
  bodyAwaited(): void;
  resumeRequest(): void;
  breakOff(): void;
}

/**
 * One request and its response on an HTTP/1.1 connection. A stream of its own, and not the connection itself: a call that comes too late
 * then meets a dead stream and never the next request's response.
 */
export class Http1Stream implements ClientStream, ResponseTerms {
  readonly peer: ClientPeer;
  readonly protocolVersion: '1.0' | '1.1';
  readonly headOnly: boolean;
  readonly http10: boolean;
  /** First what the request allows, from `sendHead` on what holds. */
  keepAlive: boolean;
  /** Null before `onRequest` has returned it and when the exchange is over. */
  receiver: RequestReceiver | null = null;
  requestEnded: boolean;
  headSent: boolean = false;
  tunnel: boolean = false;
  /** Nothing is sent any more, and nothing delivered. */
  over: boolean = false;
  /** `onRequestData` answered false and `resumeRequest` did not come yet. */
  heldBack: boolean = false;
  readonly #connection: StreamConnection;
  /** All of the response was sent; a tunnel's other direction may go on. */
  #lastSent: boolean = false;

  constructor(connection: StreamConnection, head: RequestHead, end: boolean, http10: boolean, keepAlive: boolean) {
    this.peer = connection;
    this.protocolVersion = http10 ? '1.0' : '1.1';
    this.headOnly = head.method === 'HEAD';
    this.http10 = http10;
    this.keepAlive = keepAlive;
    this.requestEnded = end;
    this.#connection = connection;
  }

  sendInfo(head: ResponseHead): void {
    // RFC 9110 §15.2: a server must not send a 1xx to an HTTP/1.0 client.
    if (this.over || this.headSent || this.http10) return;
    this.#connection.writer.info(head);
    if (head.status === 100) this.#connection.bodyAwaited();
  }

  sendHead(head: ResponseHead, end: boolean): void {
    if (this.over || this.headSent) return;
    if (head.status === 101) {
      this.#switchProtocols(head);
      return;
    }
    if (head.status < 200) {
      this.sendInfo(head);
      return;
    }
    this.headSent = true;
    if (this.#connection.closing || (!this.requestEnded && (end || head.status >= 300))) this.keepAlive = false;
    this.keepAlive = this.#connection.writer.head(head, end, this);
    if (!end) return;
    // A length without its body would make the next response its body.
    if (this.#connection.writer.fits(0, true)) this.#end();
    else this.abort('gateway');
  }

  sendData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (this.over || this.#lastSent) return true;
    const writer = this.#connection.writer;
    if (!this.headSent || !writer.fits(end - start, last)) {
      this.abort('gateway');
      return true;
    }
    const ok = writer.data(bytes, start, end, last);
    if (last) this.#end();
    return ok;
  }

  sendTrailers(fields: readonly Field[]): void {
    if (this.over) return;
    const writer = this.#connection.writer;
    if (!this.headSent || this.tunnel || !writer.fits(0, true)) {
      this.abort('gateway');
      return;
    }
    writer.trailers(fields);
    this.#end();
  }

  abort(_reason: AbortReason): void {
    if (this.over) return;
    this.finish();
    this.#connection.breakOff();
  }

  resumeRequest(): void {
    if (!this.heldBack) return;
    this.heldBack = false;
    if (!this.over) this.#connection.resumeRequest();
  }

  /** The exchange is over; returns who is still to be told, null when nobody is. */
  finish(): RequestReceiver | null {
    const receiver = this.receiver;
    this.over = true;
    this.receiver = null;
    return receiver;
  }

  #end(): void {
    this.#lastSent = true;
    if (this.tunnel) {
      this.#connection.tunnelEnded(this);
      return;
    }
    this.finish();
    this.#connection.responseEnded(this);
  }

  /** A request that asks for an upgrade is complete before it is answered with one; anything else can't be framed. */
  #switchProtocols(head: ResponseHead): void {
    if (!this.requestEnded || this.http10) {
      this.abort('gateway');
      return;
    }
    this.headSent = true;
    this.tunnel = true;
    this.keepAlive = false;
    this.#connection.writer.head(head, false, this);
    this.#connection.tunnelBegins(this);
  }
}
