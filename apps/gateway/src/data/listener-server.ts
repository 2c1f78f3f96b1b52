import { constants, createHash } from 'node:crypto';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { SecureContext, TLSSocket, TlsOptions, Server as TlsServer } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import type { Bind, Listener } from '@fairlead/routing';
import type { Admission, Client } from './client-limits.ts';
import { withSharedBuffer } from './client-socket.ts';
import type { AcceptedTls, ClientServer } from './client-stream.ts';
import type { ClientTermsIndex } from './client-terms.ts';
import { ListenerNames } from './listener-names.ts';
import { type ClientScope, ListenerScopes } from './listener-scopes.ts';
import { ProxyHeaders } from './proxy-header.ts';
import { type SecureContexts, selectCertificate } from './sni.ts';

interface ListenerServerEvents {
  /** `tls`: what the handshake has settled; null on a plain bind. `client` is to be given back to `scope` when the connection has closed. */
  onConnection(
    socket: Socket,
    server: ListenerServer,
    client: Client,
    tls: AcceptedTls | null,
    scope: ClientScope,
  ): void;
  onBound(server: ListenerServer, error: string | null): void;
  /** A connection that was not let in. */
  onRefused(status: number, code: string): void;
}

export interface ListenerServerOptions {
  readonly contexts: SecureContexts;
  readonly terms: ClientTermsIndex;
  /** Several workers share the port; where the platform can't, there is one worker. */
  readonly reusePort: boolean;
  readonly events: ListenerServerEvents;
}

/** Undocumented but read at every accept: asking for client certificates can change without a new socket. */
interface RequestsCertificates {
  requestCert: boolean;
}

/** Undocumented but read at every accept too: by symbol, the deadline of handshakes. */
interface HandshakeDeadline {
  [symbol: symbol]: number;
}

const handshakeTimeout: symbol | undefined = Object.getOwnPropertySymbols(createTlsServer()).find(
  ({ description }) => description === 'handshake-timeout',
);

/** Undocumented: what a handshake asks for is decided anew for the listener that SNI chose. Without it all clients of the bind are asked. */
interface VerifyMode {
  readonly _handle?: { setVerifyMode?(requestCert: boolean, rejectUnauthorized: boolean): void } | null;
  _requestCert?: boolean;
}

type SniAnswer = (error: Error | null, context?: SecureContext) => void;

const backlog = 4_096;
const rebindMs = 1_000;

/** Time after which a silent peer is asked whether it is still there. */
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 60_000 } as const;

/** One listening socket, with the listeners behind it. Updates never touch connections. */
export class ListenerServer implements ClientServer {
  bind: Bind;
  names: ListenerNames;
  readonly scopes: ListenerScopes;
  version: number = 0;
  readonly #options: ListenerServerOptions;
  readonly #proxyHeaders: ProxyHeaders;
  readonly #server: Server;
  /** What the default context was made of: making one takes a millisecond, and most updates are of something else. */
  #servedKey: string;
  #retry: NodeJS.Timeout | null = null;
  #closed: boolean = false;

  constructor(bind: Bind, options: ListenerServerOptions) {
    this.bind = bind;
    this.names = new ListenerNames(bind.listeners);
    this.scopes = new ListenerScopes(bind, options.terms);
    this.#options = options;
    this.#proxyHeaders = new ProxyHeaders(this.scopes.shared, (code) => options.events.onRefused(0, code));
    this.#servedKey = this.#defaultKey();
    this.#server = bind.secure ? this.#createTls() : this.#createPlain();
    this.#server.on('listening', () => this.#listening());
    this.#server.on('error', (error: NodeJS.ErrnoException) => this.#failed(error));
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
    this.scopes.update(bind);
    this.version++;
    if (!bind.secure) return;
    const server = this.#server as TlsServer & RequestsCertificates & HandshakeDeadline;
    server.requestCert = asksForCertificates(bind);
    if (handshakeTimeout !== undefined) server[handshakeTimeout] = this.scopes.shared.settings.headTimeoutMs;
    const key = this.#defaultKey();
    if (key === this.#servedKey) return;
    try {
      server.setSecureContext(this.#defaultContext());
      this.#servedKey = key;
    } catch {
      // A certificate that can't be read: the compiler reports it; the one served so far stays.
    }
  }

  /** Stops accepting. Connections go on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#server.listening) this.#server.close();
  }

  #createPlain(): Server {
    const options = { noDelay: true, allowHalfOpen: true, pauseOnConnect: true, ...keepAlive };
    return createServer(options, (accepted) => {
      const socket = withSharedBuffer(accepted);
      if (this.#proxyHeaders.isOff) this.#openPlain(socket, socket.remoteAddress);
      else this.#proxyHeaders.plain(socket, (address) => this.#openPlain(socket, address));
    });
  }

  #openPlain(socket: Socket, address: string | undefined): void {
    const { shared } = this.scopes;
    const client = this.#admit(socket, address, shared, shared);
    if (client !== null) this.#options.events.onConnection(socket, this, client, null, shared);
  }

  #createTls(): Server {
    const options: TlsOptions = {
      ...this.#safeDefaultContext(),
      ALPNProtocols: ['h2', 'http/1.1', 'http/1.0'],
      SNICallback: this.#sniCallback(),
      handshakeTimeout: this.scopes.shared.settings.headTimeoutMs,
      requestCert: asksForCertificates(this.bind),
      rejectUnauthorized: false,
      allowHalfOpen: true,
      noDelay: true,
      ...keepAlive,
    };
    const server = createTlsServer(options, (socket) => this.#acceptSecure(socket));
    server.on('tlsClientError', (_error, socket) => {
      this.#options.events.onRefused(0, 'tls_handshake');
      socket.destroy();
    });
    this.#admitBeforeHandshake(server);
    return server;
  }

  /** Handshakes cost most: who may not have another connection must not begin one. */
  #admitBeforeHandshake(server: TlsServer): void {
    const handshakes = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const shakeHands = (): void => {
        if (this.#mayShakeHands(socket)) for (const begin of handshakes) begin.call(server, socket);
      };
      if (this.#proxyHeaders.isOff) shakeHands();
      else this.#proxyHeaders.secure(socket, shakeHands);
    });
  }

  #mayShakeHands(socket: Socket): boolean {
    const { shared } = this.scopes;
    const client = this.#admit(socket, this.#proxyHeaders.addressOf(socket), shared, this.scopes);
    if (client === null) return false;
    socket.once('close', () => shared.release(client));
    return true;
  }

  #admit(socket: Socket, address: string | undefined, scope: ClientScope, by: Admission): Client | null {
    const client = address === undefined ? null : scope.admit(address, by);
    if (client !== null) return client;
    // Without an address it has gone already.
    if (address !== undefined) this.#options.events.onRefused(0, 'too_many_connections');
    cutOff(socket);
    return null;
  }

  #acceptSecure(socket: TLSSocket): void {
    const serverName = lowerCaseName(socket.servername);
    const listener = this.#listenerOfHandshake(serverName);
    const refused = listener === null ? 'tls_no_listener' : certificateRefusal(socket, listener);
    if (listener === null || refused !== null) {
      this.#options.events.onRefused(0, refused!);
      cutOff(socket);
      return;
    }
    const scope = this.scopes.of(listener);
    const client = this.#admit(socket, this.#proxyHeaders.addressOf(socket), scope, scope);
    const tls = { serverName, listenerId: listener.id, validation: listener.tls?.clientValidation ?? null };
    if (client !== null) this.#options.events.onConnection(socket, this, client, tls, scope);
  }

  #sniCallback(): NonNullable<TlsOptions['SNICallback']> {
    const select = (socket: VerifyMode, name: string, answer: SniAnswer): void =>
      this.#selectContext(socket, name, answer);
    return function onServerName(this: VerifyMode, name: string, answer: SniAnswer): void {
      select(this, name, answer);
    };
  }

  /** RFC 6066 §3: a name that no listener serves ends the handshake. Errors must not leave: thrown here they would end the worker. */
  #selectContext(socket: VerifyMode, name: string, answer: SniAnswer): void {
    try {
      const serverName = lowerCaseName(name);
      const tls = this.names.select(serverName)?.tls;
      if (tls == null) {
        answer(new Error('no listener for this server name'));
        return;
      }
      const context = this.#options.contexts.context(selectCertificate(tls, serverName), tls);
      if (tls.clientValidation === null) stopAsking(socket);
      answer(null, context);
    } catch (error) {
      answer(error as Error);
    }
  }

  #listenerOfHandshake(serverName: string): Listener | null {
    const listener = this.names.select(serverName);
    return listener === null && serverName === '' ? (this.bind.listeners[0] ?? null) : listener;
  }

  #defaultKey(): string {
    const tls = this.#listenerOfHandshake('')?.tls;
    if (tls == null) return '';
    return `${asksForCertificates(this.bind)} ${this.#options.contexts.key(selectCertificate(tls, ''), tls)}`;
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
    const secureOptions =
      constants.SSL_OP_NO_RENEGOTIATION | (asksForCertificates(this.bind) ? constants.SSL_OP_NO_TICKET : 0);
    return {
      ...this.#options.contexts.options(selectCertificate(tls, ''), tls),
      secureOptions,
      sessionIdContext: sessionContext(this.bind.key),
    };
  }

  #listening(): void {
    if (this.#closed) this.#server.close();
    else this.#options.events.onBound(this, null);
  }

  #failed(error: NodeJS.ErrnoException): void {
    // A connection could not be accepted (too many open files): the next one may.
    if (this.#server.listening) {
      this.#options.events.onRefused(0, 'accept_failed');
      return;
    }
    if (this.#closed) return;
    this.#options.events.onBound(this, error.code ?? error.message);
    this.#retry = setTimeout(() => this.listen(), rebindMs).unref();
  }
}

/** A resumed session proves what another handshake has checked. */
function certificateRefusal(socket: TLSSocket, { tls }: Listener): string | null {
  const trusted = socket.authorized && !socket.isSessionReused();
  return tls?.clientValidation?.mode === 'AllowValidOnly' && !trusted ? 'tls_client_certificate' : null;
}

/** Sessions of one bind are not for another: the same for all workers. */
function sessionContext(bindKey: string): string {
  return createHash('sha256').update(bindKey).digest('hex').slice(0, 32);
}

function stopAsking(socket: VerifyMode): void {
  if (typeof socket._handle?.setVerifyMode !== 'function') return;
  socket._handle.setVerifyMode(false, false);
  socket._requestCert = false;
}

function asksForCertificates(bind: Bind): boolean {
  return bind.listeners.some((listener) => listener.tls !== null && listener.tls.clientValidation !== null);
}

function lowerCaseName(name: string | false | null | undefined): string {
  if (typeof name !== 'string') return '';
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

function cutOff(socket: Socket): void {
  socket.on('error', ignore);
  socket.destroy();
}

function ignore(): void {}
