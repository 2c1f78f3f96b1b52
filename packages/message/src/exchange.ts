import type { Field } from './field.ts';
import type { RequestHead, ResponseHead } from './message-head.ts';

/**
 * The calls between codecs and the pipeline. One exchange is one request with its response.
 *
 *   client ⇄ downstream codec ⇄ exchange ⇄ upstream codec ⇄ endpoint
 *
 * Order of each message: info*, head, data*, then one end: `end` on the head, `last` on data, or trailers. `abort` may come instead of any
 * of them and is the last call.
 *
 * `data` LENDS bytes: the callee writes or copies `bytes[start, end)` before it returns; the buffer is reused afterwards. (Both ends may
 * agree on memory that is kept instead, and told by its identity: see the gateway's bulk-memory.ts. Who does not know of it copies.) It returns false
 * when it had to queue: the source then stops (HTTP/1.1 pauses its socket, HTTP/2 withholds WINDOW_UPDATE) until the sink calls back
 * `resume…` once its queue has drained. Bytes already on the way may still be delivered after a false.
 *
 * After a 101 (or a 2xx to extended CONNECT) both directions are a tunnel: data is opaque and `last` with an empty range is a half-close.
 */

/** Why a message was cut short; becomes the log's reason and the protocol's error code. */
export type AbortReason =
  /** The client closed or reset. */
  | 'client_gone'
  /** The upstream closed, reset or truncated its message after the response head. */
  | 'upstream_gone'
  /** The peer broke the protocol inside a body. */
  | 'protocol_error'
  | 'timeout'
  /** A stage of ours gave up (limit, shutdown). */
  | 'gateway';

/** The client's side of one exchange; one implementation per downstream codec. */
export interface DownstreamStream {
  sendInfo(head: ResponseHead): void;
  sendHead(head: ResponseHead, end: boolean): void;
  sendData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean;
  /** Ends the message; dropped where the client can't take trailers. */
  sendTrailers(fields: readonly Field[]): void;
  /** Breaks off: never a clean end of a truncated message. */
  abort(reason: AbortReason): void;
  /** What `onRequestData` answered false for has drained. */
  resumeRequest(): void;
}

/** What a downstream codec tells the exchange. */
export interface RequestReceiver {
  onRequestData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean;
  onRequestTrailers(fields: readonly Field[]): void;
  onRequestAbort(reason: AbortReason): void;
  /** What `sendData` answered false for has drained. */
  onResponseDrained(): void;
}

/** Opens an exchange: the one call from a downstream codec into the pipeline per request. `end`: no body follows. */
export interface RequestHandler<Stream extends DownstreamStream = DownstreamStream> {
  onRequest(head: RequestHead, end: boolean, stream: Stream): RequestReceiver;
}

/** The endpoint's side of one exchange; one implementation per upstream codec. */
export interface UpstreamStream {
  sendData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean;
  sendTrailers(fields: readonly Field[]): void;
  /** Cancels the exchange; no further call is made to its receiver. */
  abort(reason: AbortReason): void;
  /** What `onResponseData` answered false for has drained. */
  resumeResponse(): void;
}

/** How an upstream failed before or after its response head. */
export interface UpstreamFailure {
  /** Stable code, as it appears in log, metric and `x-fairlead-reason`. */
  readonly code:
    | 'connect_refused'
    | 'connect_timeout'
    | 'connect_failed'
    | 'tls_failed'
    | 'reset'
    | 'closed_early'
    | 'bad_response'
    | 'refused_stream'
    /** The endpoint speaks only HTTP/2, without the extended CONNECT that an upgrade needs there (RFC 8441). */
    | 'upgrade_unsupported'
    | 'overloaded';
  /** Not a byte of the request can have been processed: safe to send elsewhere whatever the method. */
  readonly unprocessed: boolean;
  /** It happened on a kept-alive connection before any byte of a response: the keep-alive race, worth a fresh connection. */
  readonly reused: boolean;
}

/** What an upstream codec tells the exchange. */
export interface ResponseReceiver {
  onResponseInfo(head: ResponseHead): void;
  /** Final head, or 101. */
  onResponseHead(head: ResponseHead, end: boolean): void;
  onResponseData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean;
  onResponseTrailers(fields: readonly Field[]): void;
  /** Last call. May come before or after the head. */
  onUpstreamFailure(failure: UpstreamFailure): void;
  /** What `sendData` answered false for has drained. */
  onRequestDrained(): void;
}
