import type { Lease } from '@fairlead/balancer';
import type { Field, RequestHead, ResponseHead, ResponseReceiver, UpstreamFailure } from '@fairlead/message';
import type { Open } from './open-exchanges.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { UpstreamEndpoint } from './upstream/upstream-backend.ts';

/** Whom a mirror tells that it is over. */
export interface MirrorOwner {
  /** `complete`: the endpoint got the whole request. */
  onMirrorOver(mirror: Mirror, complete: boolean): void;
  now(): number;
}

/** What may wait for a mirror's endpoint beyond the socket's own queue. */
const maxBehindBytes = 262_144;

/**
 * A copy of a request on its way to another endpoint. It is fed by the exchange and never holds it up: when its endpoint takes less than the client
 * sends, it is dropped. What it answers is thrown away.
 */
export class Mirror implements ResponseReceiver, Open<Mirror> {
  previous: Mirror | null = null;
  next: Mirror | null = null;
  readonly deadlineMs: number;
  readonly lease: Lease<UpstreamEndpoint>;
  readonly #owner: MirrorOwner;
  #upstream: Upstream | null = null;
  #requestEnded: boolean;
  #faulty: boolean = false;
  /** Sent since the endpoint fell behind. */
  #behindBytes: number = 0;
  #behind: boolean = false;
  #headReceived: boolean = false;

  constructor(owner: MirrorOwner, lease: Lease<UpstreamEndpoint>, hasBody: boolean, deadlineMs: number) {
    this.#owner = owner;
    this.lease = lease;
    this.#requestEnded = !hasBody;
    this.deadlineMs = deadlineMs;
  }

  get waitsForHead(): boolean {
    return !this.#headReceived;
  }

  send(head: RequestHead): void {
    this.#upstream = this.lease.endpoint.connections.send(this, head, this.#requestEnded);
  }

  sendData(bytes: Uint8Array, start: number, end: number, last: boolean): void {
    if (this.#upstream === null) return;
    if (this.#behind) this.#behindBytes += end - start;
    if (this.#behindBytes > maxBehindBytes) {
      this.drop();
      return;
    }
    if (last) this.#requestEnded = true;
    if (!this.#upstream.sendData(bytes, start, end, last)) this.#behind = true;
  }

  sendTrailers(fields: readonly Field[]): void {
    this.#requestEnded = true;
    this.#upstream?.sendTrailers(fields);
  }

  /** The request it copies is over: without all of it there is nothing to finish. */
  sourceEnded(): void {
    if (!this.#requestEnded) this.drop();
  }

  drop(): void {
    this.#upstream?.abort('gateway');
    this.#end(false);
  }

  onResponseInfo(): void {}

  onResponseHead(head: ResponseHead, end: boolean): void {
    this.#headReceived = true;
    this.#faulty = head.status >= 500;
    this.lease.headReceived(this.#owner.now(), this.#faulty);
    if (end) this.#end(this.#requestEnded);
  }

  onResponseData(_bytes: Uint8Array, _start: number, _end: number, last: boolean): boolean {
    if (last) this.#end(this.#requestEnded);
    return true;
  }

  onResponseTrailers(): void {
    this.#end(this.#requestEnded);
  }

  onUpstreamFailure(failure: UpstreamFailure): void {
    // A lost keep-alive race says nothing about the endpoint.
    this.#faulty = !failure.reused;
    this.#end(false);
  }

  onRequestDrained(): void {
    this.#behind = false;
    this.#behindBytes = 0;
  }

  #end(complete: boolean): void {
    if (this.#upstream === null) return;
    this.#upstream = null;
    this.lease.settle(this.#owner.now(), this.#faulty ? 'failure' : complete ? 'success' : 'cancelled');
    this.#owner.onMirrorOver(this, complete);
  }
}
