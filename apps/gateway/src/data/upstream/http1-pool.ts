import type { RequestHead, ResponseReceiver } from '@fairlead/message';
import { EndpointSocket } from './endpoint-socket.ts';
import type { EndpointTarget } from './endpoint-target.ts';
import { type ConnectionOwner, Http1Upstream } from './http1-upstream.ts';
import type { EndpointConnections } from './upstream.ts';
import type { UpstreamShare } from './upstream-share.ts';

const protocols: readonly string[] = ['http/1.1'];

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
    const connection = this.#idle.pop();
    if (connection === undefined) return this.sendAnew(receiver, head, end);
    connection.begin(receiver, head, end);
    return connection;
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

  sweep(nowMs: number): void {
    const limitMs = this.#share.settings.idleTimeoutMs;
    while (this.#idle.length > 0 && nowMs - this.#idle[0]!.idleSinceMs >= limitMs) this.#idle[0]!.close();
  }

  retire(): void {
    this.#retired = true;
    while (this.#idle.length > 0) this.#idle.pop()!.close();
  }

  takeBack(connection: Http1Upstream): boolean {
    if (this.#retired || this.#idle.length >= this.#share.settings.maxIdlePerEndpoint) return false;
    this.#idle.push(connection);
    return true;
  }

  connectionClosed(connection: Http1Upstream): void {
    const at = this.#idle.lastIndexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }
}
