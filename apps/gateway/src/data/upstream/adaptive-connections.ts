import type { RequestHead, ResponseReceiver } from '@fairlead/message';
import { EndpointSocket, type FailureCode } from './endpoint-socket.ts';
import type { EndpointTarget } from './endpoint-target.ts';
import { Http1Pool } from './http1-pool.ts';
import { type Http2Owner, Http2Upstream, usualStreams } from './http2-upstream.ts';
import { leastLoaded, loadOf } from './least-loaded.ts';
import { Negotiation, type NegotiationOwner } from './negotiation.ts';
import type { EndpointConnections, Upstream } from './upstream.ts';
import type { UpstreamShare } from './upstream-share.ts';
import { type WaitingOwner, WaitingRequest } from './waiting-request.ts';
import { WebSocketReceiver, withoutWebSocketKey } from './websocket-over-http2.ts';

/** After one more connection could not be had, while those that stand suffice, none is tried for this long. */
const pauseMs = 1_000;

/**
 * The connections to an endpoint that speaks HTTP/2, or that has yet to say by ALPN what it speaks: then it is HTTP/1.1 from its answer on,
 * if it says so.
 *
 * An HTTP/2 connection is shared: a request goes on the one with the smallest share of its streams in use, and when even that has 80 % in
 * use another is opened. A request that finds no room waits, in order, for the next stream of any connection.
 */
export class AdaptiveConnections implements EndpointConnections, Http2Owner, NegotiationOwner, WaitingOwner {
  readonly #target: EndpointTarget;
  readonly #share: UpstreamShare;
  readonly #http1: Http1Pool;
  /** Those that may get requests. */
  readonly #http2: Http2Upstream[] = [];
  readonly #waiting = new Set<WaitingRequest>();
  /** Connections that can't be used yet. */
  #opening: number = 0;
  /** Streams to expect of the next connection: what the last one allowed. */
  #expectedStreams: number = usualStreams;
  #pausedUntilMs: number = 0;
  #retired: boolean = false;

  constructor(target: EndpointTarget, share: UpstreamShare) {
    this.#target = target;
    this.#share = share;
    this.#http1 = new Http1Pool(target, share);
  }

  send(receiver: ResponseReceiver, head: RequestHead, end: boolean): Upstream {
    if (this.#target.speaks === 'http1') return this.#http1.send(receiver, head, end);
    const connection = this.#waiting.size === 0 ? leastLoaded(this.#http2) : null;
    if (connection === null) return this.#wait(receiver, head, end);
    const upstream = this.#sendOn(connection, receiver, head, end);
    if (this.#isCrowded(connection)) this.#openSpare();
    return upstream;
  }

  /** What was lost with an HTTP/2 connection finds that one gone already. */
  sendAnew(receiver: ResponseReceiver, head: RequestHead, end: boolean): Upstream {
    if (this.#target.speaks === 'http1') return this.#http1.sendAnew(receiver, head, end);
    return this.send(receiver, head, end);
  }

  /** HTTP/2 connections are swept all together, and more often. */
  sweep(nowMs: number): void {
    this.#http1.sweep(nowMs);
  }

  retire(): void {
    this.#retired = true;
    this.#http1.retire();
    for (const connection of this.#http2.slice()) connection.leave();
  }

  // ---- what connections tell ----

  onNegotiated(socket: EndpointSocket): void {
    if (this.#target.learn(socket.protocol) === 'h2') {
      new Http2Upstream(socket, this, this.#share);
      return;
    }
    this.#opening--;
    this.#http1.adopt(socket);
    this.#serveByHttp1();
  }

  onOpeningFailed(code: FailureCode): void {
    this.#opening--;
    this.#pausedUntilMs = this.#share.nowMs + pauseMs;
    if (this.#opening > 0 || this.#http2.length > 0) return;
    for (const request of this.#takeAllWaiting()) request.fail(code);
  }

  onReady(connection: Http2Upstream): void {
    this.#opening--;
    // One that allows none for the moment says nothing about the next.
    if (connection.capacity > 0) this.#expectedStreams = connection.capacity;
    this.#http2.push(connection);
    this.#serveWaiting();
    if (this.#retired) connection.leave();
  }

  onCapacity(connection: Http2Upstream): void {
    if (this.#waiting.size === 0) return;
    this.#expectedStreams = connection.allowedStreams;
    this.#serveWaiting();
  }

  onLeaving(connection: Http2Upstream): void {
    const at = this.#http2.indexOf(connection);
    if (at >= 0) this.#http2.splice(at, 1);
    if (this.#waiting.size > 0) this.#openForWaiting();
  }

  onClosed(connection: Http2Upstream, code: FailureCode): void {
    if (connection.ready) this.onLeaving(connection);
    else this.onOpeningFailed(code);
  }

  // ---- requests that wait ----

  waitEnded(request: WaitingRequest): void {
    this.#waiting.delete(request);
    this.#share.connecting.delete(request);
  }

  waitTimedOut(request: WaitingRequest): void {
    this.waitEnded(request);
    const code = this.#http2.length > 0 ? 'overloaded' : 'connect_timeout';
    this.#leaveStalled();
    request.fail(code);
  }

  #wait(receiver: ResponseReceiver, head: RequestHead, end: boolean): WaitingRequest {
    const request = new WaitingRequest(this, receiver, head, end, this.#share.nowMs);
    this.#waiting.add(request);
    this.#openForWaiting();
    // Behind the connection, which is not younger.
    this.#share.connecting.add(request);
    return request;
  }

  #takeAllWaiting(): readonly WaitingRequest[] {
    const requests = [...this.#waiting];
    for (const request of requests) this.waitEnded(request);
    return requests;
  }

  #serveWaiting(): void {
    for (const request of this.#waiting) {
      const connection = leastLoaded(this.#http2);
      if (connection === null) break;
      this.waitEnded(request);
      request.attach(this.#sendOn(connection, request.receiver, request.head, request.end));
    }
    if (this.#waiting.size > 0) this.#openForWaiting();
  }

  #serveByHttp1(): void {
    for (const request of this.#takeAllWaiting()) {
      request.attach(this.#http1.send(request.receiver, request.head, request.end));
    }
  }

  // ---- connections ----

  #sendOn(connection: Http2Upstream, receiver: ResponseReceiver, head: RequestHead, end: boolean): Upstream {
    if (head.upgrade === '') return connection.send(receiver, head, end);
    if (connection.takesUpgrades) {
      return connection.send(new WebSocketReceiver(receiver, head), withoutWebSocketKey(head), end);
    }
    if (this.#target.tls !== null) return this.#http1.send(receiver, head, end);
    const refused = new WaitingRequest(this, receiver, head, end, this.#share.nowMs);
    refused.failSoon('upgrade_unsupported');
    return refused;
  }

  /** As many as the waiting need, by what is expected of each. */
  #openForWaiting(): void {
    // A peer that allows no stream for now will hardly allow more on another connection.
    if (this.#http2.some(({ allowedStreams }) => allowedStreams === 0)) return;
    const expected = this.#target.speaks === 'unknown' ? Number.POSITIVE_INFINITY : this.#expectedStreams;
    while (this.#opening === 0 || this.#waiting.size > this.#opening * expected) this.#open();
  }

  /** Before it is needed: nobody waits for it. */
  #openSpare(): void {
    if (this.#opening > 0 || this.#retired || this.#share.nowMs < this.#pausedUntilMs) return;
    const best = leastLoaded(this.#http2);
    if (best === null || this.#isCrowded(best)) this.#open();
  }

  /** What allows no stream for as long as connecting may take may want to be left: another connection shows. */
  #leaveStalled(): void {
    const sinceMs = this.#share.nowMs - this.#share.settings.connectTimeoutMs;
    for (const connection of this.#http2.slice()) {
      if (connection.allowedStreams === 0 && connection.idleSinceMs <= sinceMs) connection.leave();
    }
  }

  #isCrowded(connection: Http2Upstream): boolean {
    return loadOf(connection) >= this.#share.settings.http2.openAnotherAt;
  }

  #open(): void {
    this.#opening++;
    if (this.#target.tls !== null) new Negotiation(this.#target, this, this.#share);
    else new Http2Upstream(new EndpointSocket(this.#target, [], this.#share), this, this.#share);
  }
}
