import type { Socket } from 'node:net';
import type {
  AbortReason,
  DownstreamStream,
  Field,
  RequestHandler,
  RequestHead,
  RequestReceiver,
  ResponseHead,
} from '@fairlead/message';
import type { DownstreamSettings } from '../settings.ts';
import { Http1ResponseWriter, type OutputShare } from './http1-response-writer.ts';
import type { AcceptedTls, ClientConnection, ListenerServer } from './listener-server.ts';

/** What a request's stream tells of the connection it came by. */
export interface ClientPeer {
  readonly address: string;
  readonly server: ListenerServer;
  readonly tls: AcceptedTls | null;
}

/** The client's side of one exchange, with what the pipeline wants to know of it. */
export interface ClientStream extends DownstreamStream {
  readonly peer: ClientPeer;
  readonly protocolVersion: '1.0' | '1.1' | '2';
}

/** What all connections of a worker share. */
export interface ConnectionShare extends OutputShare {
  readonly settings: DownstreamSettings;
  readonly handler: RequestHandler<ClientStream>;
  readonly parsers: ParserPool;
  /** Time of the last sweep: deadlines of connections need no finer clock. */
  nowMs: number;
  draining: boolean;
  onClosed(connection: Http1Connection): void;
  onRefused(status: number, code: string): void;
}
