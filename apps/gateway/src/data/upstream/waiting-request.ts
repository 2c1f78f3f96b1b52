import type { AbortReason, Field, RequestHead, ResponseReceiver } from '@fairlead/message';
import type { FailureCode } from './endpoint-socket.ts';
import type { Upstream } from './upstream.ts';
import type { Connecting } from './upstream-share.ts';

/** Where requests wait. */
export interface WaitingOwner {
  /** The exchange has given up. */
  waitEnded(request: WaitingRequest): void;
  /** It has waited as long as connecting may take. */
  waitTimedOut(request: WaitingRequest): void;
}

/**
 * A request that waits for a connection, and later the request on it. What comes of its body meanwhile is kept: not much, since its source
 * is told to stop with the first part.
 */
export class WaitingRequest implements Upstream, Connecting {
  readonly openedMs: number;
  readonly receiver: ResponseReceiver;
  readonly head: RequestHead;
  /** No body follows. */
  readonly end: boolean;
  readonly #owner: WaitingOwner;
  #upstream: Upstream | null = null;
  /** Given up by its exchange, or failed. */
  #over: boolean = false;
  #chunks: Buffer[] = [];
  #bodyEnded: boolean = false;
  #trailers: readonly Field[] | null = null;

  constructor(owner: WaitingOwner, receiver: ResponseReceiver, head: RequestHead, end: boolean, nowMs: number) {
    this.#owner = owner;
    this.receiver = receiver;
    this.head = head;
    this.end = end;
    this.openedMs = nowMs;
  }

  get established(): boolean {
    return this.#upstream?.established === true;
  }

  sendData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (this.#upstream !== null) return this.#upstream.sendData(bytes, start, end, last);
    if (end > start) this.#chunks.push(Buffer.from(bytes.subarray(start, end)));
    if (last) this.#bodyEnded = true;
    return false;
  }

  sendTrailers(fields: readonly Field[]): void {
    if (this.#upstream === null) this.#trailers = fields;
    else this.#upstream.sendTrailers(fields);
  }

  abort(reason: AbortReason): void {
    this.#over = true;
    this.#chunks = [];
    if (this.#upstream === null) this.#owner.waitEnded(this);
    else this.#upstream.abort(reason);
  }

  resumeResponse(): void {
    this.#upstream?.resumeResponse();
  }

  connectTimedOut(): void {
    this.#owner.waitTimedOut(this);
  }

  /** `upstream` has got the head. */
  attach(upstream: Upstream): void {
    this.#upstream = upstream;
    if (this.end) return;
    const chunks = this.#chunks;
    this.#chunks = [];
    if (this.#sendKept(upstream, chunks)) this.receiver.onRequestDrained();
  }

  fail(code: FailureCode): void {
    if (this.#over) return;
    this.#over = true;
    this.#chunks = [];
    this.receiver.onUpstreamFailure({ code, unprocessed: true, reused: false });
  }

  /** For who has only just sent it. */
  failSoon(code: FailureCode): void {
    setImmediate(() => this.fail(code));
  }

  /** False when the upstream had to queue. */
  #sendKept(upstream: Upstream, chunks: readonly Buffer[]): boolean {
    const lastIndex = this.#bodyEnded ? chunks.length - 1 : -1;
    let flows = true;
    for (let i = 0; i < chunks.length; i++) {
      flows = upstream.sendData(chunks[i]!, 0, chunks[i]!.length, i === lastIndex);
    }
    if (this.#trailers !== null) upstream.sendTrailers(this.#trailers);
    else if (this.#bodyEnded && chunks.length === 0) flows = upstream.sendData(nothing, 0, 0, true);
    return flows;
  }
}

const nothing = new Uint8Array(0);
