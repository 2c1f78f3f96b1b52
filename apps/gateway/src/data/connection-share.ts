import type { RequestHandler } from '@fairlead/message';
import type { DownstreamSettings } from '../settings.ts';
import type { Client } from './client-limits.ts';
import type { AcceptedTls, ClientServer, ClientStream } from './client-stream.ts';
import type { ConnectionList } from './connection-list.ts';
import type { FrameMemory } from './frame-memory.ts';
import type { OutputShare } from './http1-response-writer.ts';
import type { Http2SessionSettings } from './http2-session-settings.ts';
import type { IdleConnections } from './idle-connections.ts';
import type { ClientScope } from './listener-scopes.ts';
import type { ParserPool } from './parser-pool.ts';
import type { Recycling } from './recycling.ts';

/** What all connections of a worker share. */
export interface ConnectionShare extends OutputShare {
  readonly exposeReason: boolean;
  readonly handler: RequestHandler<ClientStream>;
  readonly parsers: ParserPool;
  /** For HTTP/2. */
  readonly frames: FrameMemory;
  readonly sessionSettings: Http2SessionSettings;
  /** Connections without a request in progress, and all others. */
  readonly idle: IdleConnections;
  readonly busy: ConnectionList;
  readonly recycling: Recycling;
  /** Time of the last sweep: deadlines of connections need no finer clock. */
  nowMs: number;
  draining: boolean;
  onClosed(origin: ConnectionOrigin): void;
  onRefused(status: number, code: string): void;
  onFault(error: unknown): void;
}

/** Where a connection comes from. */
export class ConnectionOrigin {
  readonly server: ClientServer;
  readonly client: Client;
  readonly tls: AcceptedTls | null;
  readonly scope: ClientScope;

  constructor(server: ClientServer, client: Client, tls: AcceptedTls | null, scope: ClientScope) {
    this.server = server;
    this.client = client;
    this.tls = tls;
    this.scope = scope;
  }

  /** Those of the listener, else of the bind, that the connection came by: other ones once a policy has changed. */
  get settings(): DownstreamSettings {
    return this.scope.terms.settings;
  }
}
