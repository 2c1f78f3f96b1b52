import type { RequestHead, ResponseReceiver, UpstreamStream } from '@fairlead/message';

/** The endpoint's side of one exchange, in whatever protocol. */
export interface Upstream extends UpstreamStream {
  /**
   * The connection stands, and a failure from now on can't say that the request was not processed. Never true in HTTP/2: GOAWAY and
   * REFUSED_STREAM say so of requests that were sent long ago.
   */
  readonly established?: boolean;
}

/** The connections to one endpoint for one backend. */
export interface EndpointConnections {
  /** Sends a request; `end`: no body follows. A failure is reported later, never from inside this call. */
  send(receiver: ResponseReceiver, head: RequestHead, end: boolean): Upstream;
  /** The same for a request that was lost with a connection that had been in use before: not on another such. */
  sendAnew(receiver: ResponseReceiver, head: RequestHead, end: boolean): Upstream;
  /** Closes what has been idle for too long. */
  sweep(nowMs: number): void;
  /** The endpoint has left: idle connections close now, those in use when their exchanges are done. */
  retire(): void;
}
