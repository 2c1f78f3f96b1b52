import type { RequestHead, ResponseReceiver } from '@fairlead/message';
import type { Backend } from '@fairlead/routing';
import type { UpstreamTarget } from './endpoint-socket.ts';
import { Http1Pool } from './http1-pool.ts';
import type { EndpointConnections, Upstream } from './upstream.ts';
import type { UpstreamShare } from './upstream-share.ts';
import type { UpstreamTls } from './upstream-tls.ts';

export class AdaptiveConnections implements EndpointConnections, UpstreamTarget {
  readonly address: string;
  readonly port: number;
  readonly tls: UpstreamTls | null;
  session: Buffer | null = null;
  readonly #http1: Http1Pool;

  constructor(
    address: string,
    port: number,
    tls: UpstreamTls | null,
    _protocol: Backend['protocol'],
    share: UpstreamShare,
  ) {
    this.address = address;
    this.port = port;
    this.tls = tls;
    this.#http1 = new Http1Pool(this, share);
  }

  send(receiver: ResponseReceiver, head: RequestHead, end: boolean): Upstream {
    return this.#http1.send(receiver, head, end);
  }

  sendAnew(receiver: ResponseReceiver, head: RequestHead, end: boolean): Upstream {
    return this.#http1.sendAnew(receiver, head, end);
  }

  sweep(nowMs: number): void {
    this.#http1.sweep(nowMs);
  }

  retire(): void {
    this.#http1.retire();
  }

  keepSession(session: Buffer): void {
    this.session = session;
  }

  forgetSession(): void {
    this.session = null;
  }
}
