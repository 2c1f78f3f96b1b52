import type { RequestHead, ResponseReceiver } from '@fairlead/message';
import { EndpointSocket } from './endpoint-socket.ts';
import type { EndpointTarget } from './endpoint-target.ts';
import { type ConnectionOwner, Http1Upstream } from './http1-upstream.ts';
import type { EndpointConnections } from './upstream.ts';
import type { UpstreamShare } from './upstream-share.ts';

const protocols: readonly string[] = ['http/1.1'];

/**
 * Requests come in bursts: what a burst needed is kept for the next one, whatever the limit says. Closed at once, 128 requests in flight cost
 * a connection for every tenth, and a tenth of all CPU.
 */
const surplusMs = 1_000;

/**
 * The HTTP/1.1 connections to one endpoint, one per exchange. Idle ones are reused last in, first out: those that rest longest are closed
 * first, and what was used a moment ago is least likely to be closing at the other end.
 */
export class Http1Pool implements EndpointConnections, ConnectionOwner {
  readonly #target: EndpointTarget;
  readonly #share: UpstreamShare;
  readonly #idle: Http1Upstream[] = [];
  #retired: boolean = false;

  constructor(target: EndpointTarget, share: UpstreamShare) {
    this.#target = target;
    this.#share = share;
  }

  /** On an idle connection, else on a new one that is still on its way. */
  send(receiver: ResponseReceiver, head: RequestHead, end: boolean): Http1Upstream {
    const connection = this.#take();
    if (connection === null) return this.sendAnew(receiver, head, end);
    connection.begin(receiver, head, end);
    return connection;
  }

  #take(): Http1Upstream | null {
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (this.#share.nowMs < last.idleUntilMs) return last;
      last.close();
    }
    return null;
  }

  sendAnew(receiver: ResponseReceiver, head: RequestHead, end: boolean): Http1Upstream {
    const socket = new EndpointSocket(this.#target, protocols, this.#share);
    const connection = new Http1Upstream(socket, this, this.#share);
    connection.begin(receiver, head, end);
    return connection;
  }

  /** A connection that stands and has not been used yet. */
  adopt(socket: EndpointSocket): void {
    const connection = new Http1Upstream(socket, this, this.#share);
    connection.idleSinceMs = this.#share.nowMs;
    if (!this.takeBack(connection)) connection.close();
  }

  /** The longest idle first: those that nobody has used for long, and of those beyond the limit what the last second did not need. */
  sweep(nowMs: number): void {
    const { idleTimeoutMs, maxIdlePerEndpoint } = this.#share.settings;
    for (let first = this.#idle[0]; first !== undefined; first = this.#idle[0]) {
      const limitMs = this.#idle.length > maxIdlePerEndpoint ? surplusMs : idleTimeoutMs;
      if (nowMs - first.idleSinceMs < limitMs && nowMs < first.idleUntilMs) return;
      first.close();
    }
  }

  retire(): void {
    this.#retired = true;
    while (this.#idle.length > 0) this.#idle.pop()!.close();
  }

  takeBack(connection: Http1Upstream): boolean {
    if (this.#retired) return false;
    this.#idle.push(connection);
    return true;
  }

  connectionClosed(connection: Http1Upstream): void {
    const at = this.#idle.lastIndexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}
