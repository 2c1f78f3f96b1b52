import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { RequestHandler } from '@fairlead/message';
import type { Bind } from '@fairlead/routing';
import type { Settings } from '../settings.ts';
import type { Client } from './client-limits.ts';
import { readFrom } from './client-socket.ts';
import type { AcceptedTls, ClientServer, ClientStream } from './client-stream.ts';
import { ClientTermsIndex } from './client-terms.ts';
import { type ClientConnection, ConnectionList } from './connection-list.ts';
import { ConnectionOrigin, type ConnectionShare } from './connection-share.ts';
import { FlushQueue } from './flush-queue.ts';
import { FrameMemory } from './frame-memory.ts';
import { FreshConnection, type SpokenProtocol } from './fresh-connection.ts';
import { Http1Connection } from './http1-connection.ts';
import { Http2Connection } from './http2-connection.ts';
import { Http2SessionSettings } from './http2-session-settings.ts';
import { IdleConnections } from './idle-connections.ts';
import type { ClientScope } from './listener-scopes.ts';
import { ListenerServer, type ListenerServerOptions } from './listener-server.ts';
import { OutputBuffer } from './output-buffer.ts';
import { ParserPool } from './parser-pool.ts';
import { Recycling, type RecyclingReason } from './recycling.ts';
import { chooseToShed } from './shedding.ts';
import { SecureContexts } from './sni.ts';

export interface DownstreamEvents {
  /** A bind came up, or could not: `error` is the system's code. It is tried again every second. */
  onBind(key: string, error: string | null): void;
  onConnectionOpened(): void;
  onConnectionClosed(): void;
  /**
   * Turned away before it became an exchange. `code` is one of a fixed set; `status` 0 when there was nobody to answer (handshake, too many
   * connections).
   */
  onRefused(status: number, code: string): void;
  /** A connection is asked to leave. */
  onRecycled?(why: RecyclingReason): void;
  /** A stage threw while it handled a connection's bytes. That connection was cut off. */
  onFault(error: unknown): void;
}

/** Idle shorter than this when draining begins: the client is likely to send another request, whose answer can tell it to leave. */
const activeMs = 1_000;

type ProtocolConnection = Http1Connection | Http2Connection;

/** The clients' side of a worker: its listening sockets and their connections. */
export class Downstream {
  readonly #events: DownstreamEvents;
  readonly #contexts: SecureContexts;
  readonly #terms: ClientTermsIndex;
  readonly #share: ConnectionShare;
  readonly #serverOptions: ListenerServerOptions;
  readonly #servers = new Map<string, ListenerServer>();
  #accepting: boolean = true;
  #swept: boolean = false;

  /** `ticketKeys`: 48 octets, the same for all workers. */
  constructor(
    settings: Settings,
    ticketKeys: Uint8Array,
    reusePort: boolean,
    handler: RequestHandler<ClientStream>,
    events: DownstreamEvents,
  ) {
    this.#events = events;
    this.#contexts = new SecureContexts(ticketKeys);
    this.#terms = new ClientTermsIndex(settings.downstream);
    this.#serverOptions = {
      contexts: this.#contexts,
      terms: this.#terms,
      reusePort,
      events: {
        onConnection: (socket, server, client, tls, scope) => this.#open(socket, server, client, tls, scope),
        onBound: (server, error) => events.onBind(server.bind.key, error),
        onRefused: (status, code) => events.onRefused(status, code),
      },
    };
    this.#share = {
      exposeReason: settings.exposeReason,
      handler,
      parsers: new ParserPool(),
      frames: new FrameMemory(),
      sessionSettings: new Http2SessionSettings(),
      output: new OutputBuffer(),
      flushes: new FlushQueue(),
      idle: new IdleConnections(),
      busy: new ConnectionList(),
      recycling: new Recycling(Math.random, (why) => events.onRecycled?.(why)),
      nowMs: 0,
      draining: false,
      onClosed: (origin) => this.#closed(origin),
      onRefused: (status, code) => events.onRefused(status, code),
      onFault: (error) => events.onFault(error),
    };
  }

  get connectionCount(): number {
    return this.#share.idle.size + this.#share.busy.size;
  }

  /** Connections with a request in progress. */
  get busyCount(): number {
    return this.#share.busy.size;
  }

  /** The port that the system chose for a bind that asks for 0; 0 when there is no such bind. */
  port(key: string): number {
    return this.#servers.get(key)?.port ?? 0;
  }

  /** Listens on what is new, stops on what is gone, and hands the rest its listeners and certificates. No connection is cut. */
  applyBinds(binds: ReadonlyMap<string, Bind>): void {
    for (const [key, server] of this.#servers) {
      const bind = binds.get(key);
      if (bind === undefined || bind.secure !== server.bind.secure) this.#remove(key, server);
      else if (bind !== server.bind) server.update(bind);
    }
    for (const [key, bind] of binds) if (!this.#servers.has(key)) this.#add(key, bind);
    this.#contexts.keepOnly(binds.values());
    this.#terms.keepOnly(binds.values());
  }

  /** Enforces deadlines. Call every 100 ms or so with a monotonic clock: they are no finer than that. */
  sweep(nowMs: number): void {
    const { idle, busy } = this.#share;
    this.#share.nowMs = nowMs;
    this.#share.recycling.sweep(nowMs);
    if (!this.#swept) {
      this.#swept = true;
      for (const connection of this.#all()) connection.restartDeadline();
    }
    for (const connection of busy.snapshot()) if (connection.list === busy) connection.sweep(nowMs);
    idle.sweep(nowMs);
    if (this.#share.draining) idle.closeUnused(nowMs - activeMs);
  }

  /** Asks connections with about this share of the requests to come back by another worker, 0 to 1. */
  shed(share: number): void {
    const { window } = this.#share.recycling;
    for (const connection of chooseToShed(this.#all(), share, window)) connection.makeRoom();
  }

  /** From now on every answer is its connection's last, and connections that nobody uses close. Accepting goes on. */
  beginDrain(): void {
    this.#share.draining = true;
    this.#share.idle.closeUnused(this.#share.nowMs - activeMs);
  }

  /** Closes the listening sockets and idle connections; the others close after the answer in progress. */
  stopAccepting(): void {
    this.#accepting = false;
    this.#share.draining = true;
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
    for (const connection of this.#all()) connection.closeWhenIdle();
  }

  /** Cuts off what is left. */
  closeAll(): void {
    this.stopAccepting();
    for (const connection of this.#all()) connection.destroy();
  }

  #add(key: string, bind: Bind): void {
    if (!this.#accepting) return;
    const server = new ListenerServer(bind, this.#serverOptions);
    this.#servers.set(key, server);
    server.listen();
  }

  #remove(key: string, server: ListenerServer): void {
    this.#servers.delete(key);
    server.close();
    for (const connection of this.#all()) if (connection.server === server) connection.closeWhenIdle();
  }

  #open(socket: Socket, server: ClientServer, client: Client, tls: AcceptedTls | null, scope: ClientScope): void {
    const origin = new ConnectionOrigin(server, client, tls, scope);
    if (tls !== null) this.#speak(socket, origin, (socket as TLSSocket).alpnProtocol === 'h2' ? 'http2' : 'http1');
    else {
      const open = (protocol: SpokenProtocol): ProtocolConnection => this.#speak(socket, origin, protocol);
      readFrom(socket, new FreshConnection(socket, origin, this.#share, open));
    }
    this.#events.onConnectionOpened();
  }

  #speak(socket: Socket, origin: ConnectionOrigin, protocol: SpokenProtocol): ProtocolConnection {
    const Connection = protocol === 'http2' ? Http2Connection : Http1Connection;
    const connection = new Connection(socket, origin, this.#share);
    readFrom(socket, connection);
    return connection;
  }

  #closed({ scope, client }: ConnectionOrigin): void {
    scope.release(client);
    this.#events.onConnectionClosed();
  }

  #all(): ClientConnection[] {
    return [...this.#share.idle.snapshot(), ...this.#share.busy.snapshot()];
  }
}
