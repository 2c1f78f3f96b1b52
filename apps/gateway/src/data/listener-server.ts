import { constants } from 'node:crypto';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { SecureContext, TLSSocket, TlsOptions, Server as TlsServer } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import type { Bind, ClientValidation, Listener } from '@fairlead/routing';
import type { DownstreamSettings } from '../settings.ts';
import { ListenerNames } from './listener-names.ts';
import { type SecureContexts, selectCertificate } from './sni.ts';

/** A connection as the server that accepted it sees it. */
export interface ClientConnection {
  /** Closes now if idle, else after the answer in progress. */
  closeWhenIdle(): void;
  /** Enforces deadlines. */
  sweep(nowMs: number): void;
  destroy(): void;
}

export interface ListenerServerEvents {
  /** `accepted`: what the handshake has settled; null on a plain bind. */
  onConnection(server: ListenerServer, socket: Socket, accepted: AcceptedTls | null): ClientConnection | null;
  onBound(server: ListenerServer, error: string | null): void;
}

/** What a TLS handshake has settled for all requests of its connection. */
export interface AcceptedTls {
  /** SNI in lower case; '' when the client sent none. */
  readonly serverName: string;
  /** Under which the client was asked for a certificate; null when it was not. */
  readonly validation: ClientValidation | null;
}

export interface ListenerServerOptions {
  readonly settings: DownstreamSettings;
  readonly contexts: SecureContexts;
  readonly ticketKeys: Buffer;
  /** Several workers share the port; where the platform can't, there is one worker. */
  readonly reusePort: boolean;
  readonly events: ListenerServerEvents;
}

/** Undocumented but read at every accept: asking for client certificates can change without a new socket. */
interface RequestsCertificates {
  requestCert: boolean;
}

const backlog = 4_096;
const rebindMs = 1_000;

/** One listening socket, with the listeners behind it. Updates never touch connections. */
export class ListenerServer {
  bind: Bind;
  names: ListenerNames;
  /** Counts updates; a connection that remembers a choice of listener makes it anew when this moved. */
  version: number = 0;
  readonly connections: Set<ClientConnection> = new Set();
  readonly #options: ListenerServerOptions;
  readonly #server: Server;
  #retry: NodeJS.Timeout | null = null;
  #closed: boolean = false;

  constructor(bind: Bind, options: ListenerServerOptions) {
    this.bind = bind;
    this.names = new ListenerNames(bind.listeners);
    this.#options = options;
    this.#server = bind.secure ? this.#createTls() : this.#createPlain();
    this.#server.on('listening', () => options.events.onBound(this, null));
    this.#server.on('error', (error: NodeJS.ErrnoException) => this.#bindFailed(error));
  }

  listen(): void {
    const { address, port } = this.bind;
    this.#server.listen({ host: address, port, backlog, reusePort: this.#options.reusePort, exclusive: true });
  }

  /** The port that the system chose where the bind asks for 0. */
  get port(): number {
    const address = this.#server.address() as AddressInfo | null;
    return address === null ? this.bind.port : address.port;
  }

  /** `bind` has the same address, port and security. */
  update(bind: Bind): void {
    this.bind = bind;
    this.names = new ListenerNames(bind.listeners);
    this.version++;
    if (!bind.secure) return;
    const server = this.#server as TlsServer & RequestsCertificates;
    server.requestCert = asksForCertificates(bind);
    try {
      server.setSecureContext(this.#defaultContext());
    } catch {
      // A certificate that can't be read: the compiler reports it; the one served so far stays.
    }
  }

  /** Stops accepting. Connections go on; `closeConnections` asks them to end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#server.listening) this.#server.close();
  }

  closeConnections(): void {
    for (const connection of this.connections) connection.closeWhenIdle();
  }

  #createPlain(): Server {
    return createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket, null));
  }

  #createTls(): Server {
    const options: TlsOptions & { allowHalfOpen: boolean; noDelay: boolean } = {
      ...this.#safeDefaultContext(),
      ALPNProtocols: ['http/1.1'],
      SNICallback: (name, answer) => this.#selectContext(name, answer),
      handshakeTimeout: this.#options.settings.headTimeoutMs,
      ticketKeys: this.#options.ticketKeys,
      requestCert: asksForCertificates(this.bind),
      rejectUnauthorized: false,
      allowHalfOpen: true,
      noDelay: true,
    };
    const server = createTlsServer(options, (socket) => this.#acceptSecure(socket));
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    return server;
  }

  #accept(socket: Socket, accepted: AcceptedTls | null): void {
    const connection = this.#options.events.onConnection(this, socket, accepted);
    if (connection !== null) this.connections.add(connection);
  }

  #acceptSecure(socket: TLSSocket): void {
    const serverName = lowerCaseName(socket.servername);
    const listener = this.#listenerOfHandshake(serverName);
    const validation = listener?.tls?.clientValidation ?? null;
    if (listener === null || (validation?.mode === 'AllowValidOnly' && !socket.authorized)) {
      socket.on('error', ignore);
      socket.destroy();
      return;
    }
    this.#accept(socket, { serverName, validation });
  }

  /** RFC 6066 §3: a name that no listener serves ends the handshake. Errors must not leave: thrown here they would end the worker. */
  #selectContext(name: string, answer: (error: Error | null, context?: SecureContext) => void): void {
    try {
      const serverName = lowerCaseName(name);
      const tls = this.names.select(serverName)?.tls;
      if (tls == null) answer(new Error('no listener for this server name'));
      else answer(null, this.#options.contexts.context(selectCertificate(tls, serverName), tls));
    } catch (error) {
      answer(error as Error);
    }
  }

  #listenerOfHandshake(serverName: string): Listener | null {
    const listener = this.names.select(serverName);
    return listener === null && serverName === '' ? (this.bind.listeners[0] ?? null) : listener;
  }

  #safeDefaultContext(): TlsOptions {
    try {
      return this.#defaultContext();
    } catch {
      return {};
    }
  }

  /**
   * For clients without SNI. Where client certificates are asked for, sessions aren't resumed: a ticket from one listener would carry
   * its verified certificate to another with different authorities (the class of CVE-2025-23419).
   */
  #defaultContext(): TlsOptions {
    const tls = this.#listenerOfHandshake('')?.tls;
    if (tls == null) return {};
    const options: TlsOptions = { ...this.#options.contexts.options(selectCertificate(tls, ''), tls) };
    if (asksForCertificates(this.bind)) options.secureOptions = constants.SSL_OP_NO_TICKET;
    return options;
  }

  #bindFailed(error: NodeJS.ErrnoException): void {
    this.#options.events.onBound(this, error.code ?? error.message);
    if (this.#closed) return;
    this.#retry = setTimeout(() => this.listen(), rebindMs).unref();
  }
}

function asksForCertificates(bind: Bind): boolean {
  return bind.listeners.some((listener) => listener.tls !== null && listener.tls.clientValidation !== null);
}

function lowerCaseName(name: string | false | null | undefined): string {
  if (typeof name !== 'string') return '';
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

function ignore(): void {}
