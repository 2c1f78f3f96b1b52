import { type ConnectionOwner, Http1Upstream } from './http1-upstream.ts';
import type { UpstreamTarget } from './open-socket.ts';
import type { UpstreamShare } from './upstream-share.ts';
import type { UpstreamTls } from './upstream-tls.ts';

/**
 * The connections to one endpoint for one backend. Idle ones are reused last in, first out: those that rest longest are closed first, and
 * what was used a moment ago is least likely to be closing at the other end.
 */
export class ConnectionPool implements UpstreamTarget, ConnectionOwner {
  readonly address: string;
  readonly port: number;
  readonly tls: UpstreamTls | null;
  session: Buffer | null = null;
  readonly #share: UpstreamShare;
  readonly #idle: Http1Upstream[] = [];
  #retired: boolean = false;

  constructor(address: string, port: number, tls: UpstreamTls | null, share: UpstreamShare) {
    this.address = address;
    this.port = port;
    this.tls = tls;
    this.#share = share;
  }

  /** An idle connection, else a new one that may still be on its way. */
  take(): Http1Upstream {
    return this.#idle.pop() ?? this.open();
  }

  open(): Http1Upstream {
    return new Http1Upstream(this, this, this.#share);
  }

  get idle(): number {
    return this.#idle.length;
  }

  /** Closes what has been idle for too long. */
  sweep(nowMs: number): void {
    const limitMs = this.#share.settings.idleTimeoutMs;
    while (this.#idle.length > 0 && nowMs - this.#idle[0]!.idleSinceMs >= limitMs) this.#idle[0]!.close();
  }

  /** The endpoint has left: idle connections close now, those in use when their exchange is done. */
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

  keepSession(session: Buffer): void {
    this.session = session;
  }
}
