import type { Backend, Endpoint, Rule } from '@fairlead/routing';

/**
 * What the access log says of one exchange. The exchange object itself implements it, so that a line costs no allocation but its text:
 * plain fields, read once by `AccessLog.write` before it returns.
 */
export interface AccessRecord {
  /** Monotonic (`performance.now()`): the request head's arrival. The log turns it into wall-clock time. */
  readonly startedMs: number;
  /** From the head's arrival to the last byte of the response, or to the abort. */
  readonly durationMs: number;
  /** From the start of the last try to its response head; -1 without one. */
  readonly upstreamMs: number;

  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** As the client sent it, before any filter; '' without. */
  readonly authority: string;
  /** Path and query in origin-form as the client sent them, before any filter. */
  readonly target: string;
  readonly protocolVersion: '1.0' | '1.1' | '2';
  /** '' without. */
  readonly userAgent: string;
  /** The client as believed (PROXY protocol, trusted X-Forwarded-For), else the peer of the connection. */
  readonly clientAddress: string;

  /** Of the response sent; 0 when none was begun. */
  readonly status: number;
  /** Octets of content, without framing. */
  readonly requestBytes: number;
  readonly responseBytes: number;

  /** `Listener.id`; '' when none matched. */
  readonly listener: string;
  readonly rule: Rule | null;
  readonly backend: Backend | null;
  /** Of the last try. */
  readonly endpoint: Endpoint | null;
  /** Started towards endpoints. */
  readonly tries: number;
  /** Stable code of why this was not a plain relay of an endpoint's answer; '' when it was. */
  readonly reason: string;
  readonly requestId: string;
  /** Of a gRPC call, 0 … 16, as the client is told; -1 when it was none. */
  readonly grpcStatus: number;
}
