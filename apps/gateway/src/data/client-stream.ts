import type { DownstreamStream } from '@fairlead/message';
import type { Bind, ClientValidation } from '@fairlead/routing';
import type { ListenerNames } from './listener-names.ts';
import type { ClientScope, ListenerScopes } from './listener-scopes.ts';

/**
 * The client's side of one exchange, with what the pipeline wants to know of it. `RequestHandler<ClientStream>.onRequest` gets one per
 * request; it is dead once the response has ended, after `abort`, and after `onRequestAbort`: later calls are ignored, and its receiver is
 * not called again.
 *
 * - A response that ends before its request did ends the exchange: the rest of the body is thrown away and the connection closes.
 * - `onRequestAbort` comes at once when the client is gone ('client_gone'), breaks the framing of its body ('protocol_error') or sends or
 *   takes too slowly ('timeout'). The connection then answers 400 or 408 by itself if no response head was sent.
 * - A response body longer or shorter than `contentLength` promised breaks the connection off.
 * - After `sendHead` with 101, data in both directions is the tunnel; `last` with an empty range is a half-close.
 */
export interface ClientStream extends DownstreamStream {
  readonly peer: ClientPeer;
  readonly protocolVersion: '1.0' | '1.1' | '2';
}

/** The connection that a request came by; the same object for all requests of the connection. */
export interface ClientPeer {
  /** The other end of the socket, IPv4 without the `::ffff:` of a dual-stack socket. */
  readonly address: string;
  readonly server: ClientServer;
  /** What holds for the connection now. */
  readonly scope: ClientScope;
  /** Null on a plain bind. */
  readonly tls: AcceptedTls | null;
}

/** The listening socket that accepted a connection, as it is configured now. */
export interface ClientServer {
  readonly bind: Bind;
  /** Listeners of the bind by host. */
  readonly names: ListenerNames;
  readonly scopes: ListenerScopes;
  /** Counts updates of `bind` and `names`. */
  readonly version: number;
}

/**
 * What a TLS handshake has settled for all requests of its connection. A request for a listener with another `validation` than the one
 * asked for in the handshake is misdirected (421): its client was not checked as that listener demands.
 */
export interface AcceptedTls {
  /** SNI in lower case; '' when the client sent none. */
  readonly serverName: string;
  /** `Listener.id` that `serverName` chose at the handshake. */
  readonly listenerId: string;
  /** Under which the client was asked for a certificate; null when it was not. */
  readonly validation: ClientValidation | null;
}
