import type { Socket } from 'node:net';
import { ProxyHeaderReader } from '@fairlead/wire';
import { deliver, readFrom, type SocketReader } from './client-socket.ts';
import type { ClientScope } from './listener-scopes.ts';

/** Why a connection was closed before its client was known. */
export type ProxyRefusal = (typeof proxyRefusals)[number];

export const proxyRefusals = [
  /** Its peer is no trusted proxy, and only those may connect. */
  'proxy_untrusted',
  'proxy_header_missing',
  'proxy_header_malformed',
  'proxy_header_timeout',
] as const;

/**
 * The PROXY protocol of one listening socket: a connection from a trusted peer begins with a header, and whom it names is the client. Headers
 * of other peers are not read: to HTTP and TLS they are garbage.
 */
export class ProxyHeaders {
  readonly #scope: ClientScope;
  readonly #onRefused: (why: ProxyRefusal) => void;
  /** Clients named on secure binds, by the two ends of their connection. */
  readonly #named = new Map<string, string>();

  /** `scope`: of all connections of the listening socket. */
  constructor(scope: ClientScope, onRefused: (why: ProxyRefusal) => void) {
    this.#scope = scope;
    this.#onRefused = onRefused;
  }

  get isOff(): boolean {
    return this.#scope.settings.proxyProtocol === 'off';
  }

  /** `socket` comes from `withSharedBuffer`; who gets it by `open`, with the client's address, reads from it at once. */
  plain(socket: Socket, open: (address: string | undefined) => void): void {
    if (!this.#isExpected(socket)) {
      this.#openUntrusted(socket, () => open(socket.remoteAddress));
      return;
    }
    const onClient = (address: string | null, rest: Buffer): void => {
      open(address ?? socket.remoteAddress);
      if (rest.length > 0) deliver(socket, rest);
    };
    readFrom(socket, new HeaderWait(socket, this.#scope, { onClient, onRefused: this.#onRefused }));
  }

  /** `begin` starts the handshake; after that `addressOf` tells who the client is. */
  secure(socket: Socket, begin: () => void): void {
    if (!this.#isExpected(socket)) {
      this.#openUntrusted(socket, begin);
      return;
    }
    const onClient = (address: string | null, rest: Buffer): void => {
      stop();
      if (address !== null) this.#name(socket, address);
      // What the handshake finds unread in the socket it takes first.
      if (rest.length > 0) socket.unshift(rest);
      begin();
    };
    const stop = readPlainly(socket, new HeaderWait(socket, this.#scope, { onClient, onRefused: this.#onRefused }));
  }

  /** The client of an accepted socket, or of the TLS socket above it. Undefined when it has gone already. */
  addressOf(socket: Socket): string | undefined {
    const named = this.#named.size === 0 ? undefined : this.#named.get(endsOf(socket));
    return named ?? socket.remoteAddress;
  }

  #isExpected({ remoteAddress }: Socket): boolean {
    return remoteAddress !== undefined && this.#scope.terms.trusted.trusts(remoteAddress);
  }

  #openUntrusted(socket: Socket, open: () => void): void {
    if (this.#scope.settings.proxyProtocol !== 'required') {
      open();
      return;
    }
    // Without an address it has gone already, as health checks do.
    const known = socket.remoteAddress !== undefined;
    socket.on('error', ignore);
    socket.destroy();
    if (known) this.#onRefused('proxy_untrusted');
  }

  #name(socket: Socket, address: string): void {
    const ends = endsOf(socket);
    this.#named.set(ends, address);
    socket.once('close', () => this.#named.delete(ends));
  }
}

interface HeaderWaitEvents {
  /** Null: the peer itself is the client. `rest` is lent. */
  onClient(address: string | null, rest: Buffer): void;
  /** The socket was closed. Not called when its peer has gone. */
  onRefused(why: ProxyRefusal): void;
}

/** Reads a socket until it is known whether a header comes and what it says. */
class HeaderWait implements SocketReader {
  readonly bulk: boolean = false;
  readonly #socket: Socket;
  readonly #events: HeaderWaitEvents;
  readonly #required: boolean;
  readonly #reader = new ProxyHeaderReader();
  readonly #timer: NodeJS.Timeout;
  #over: boolean = false;

  constructor(socket: Socket, scope: ClientScope, events: HeaderWaitEvents) {
    const { proxyProtocol, headTimeoutMs } = scope.settings;
    this.#socket = socket;
    this.#events = events;
    this.#required = proxyProtocol === 'required';
    this.#timer = setTimeout(() => this.#refuse('proxy_header_timeout'), headTimeoutMs).unref();
  }

  receive(bytes: Buffer, size: number): void {
    if (this.#over) return;
    const reader = this.#reader;
    const at = reader.read(bytes, 0, size);
    if (reader.state === 'complete') this.#tell(reader.header!.client?.address ?? null, bytes.subarray(at, size));
    else if (reader.state === 'malformed') this.#refuse('proxy_header_malformed');
    else if (reader.state === 'absent') this.#goOnWithout(Buffer.concat([reader.held, bytes.subarray(at, size)]));
  }

  onEnd(): void {
    if (!this.#over) this.#socket.destroy();
  }

  onDrain(): void {}

  onClose(): void {
    this.#end();
  }

  #goOnWithout(bytes: Buffer): void {
    if (this.#required) this.#refuse('proxy_header_missing');
    else this.#tell(null, bytes);
  }

  #tell(address: string | null, rest: Buffer): void {
    if (this.#end()) this.#events.onClient(address, rest);
  }

  #refuse(why: ProxyRefusal): void {
    if (!this.#end()) return;
    this.#socket.destroy();
    this.#events.onRefused(why);
  }

  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    return true;
  }
}

/** Hands the events of a socket that was not made by `withSharedBuffer` to `to`, until what is returned is called. */
function readPlainly(socket: Socket, to: SocketReader): () => void {
  const onData = (bytes: Buffer): void => to.receive(bytes, bytes.length);
  const onEnd = (): void => to.onEnd();
  const onClose = (): void => to.onClose();
  socket.on('error', ignore).on('data', onData).on('end', onEnd).on('close', onClose);
  return () => {
    socket.pause();
    socket.off('data', onData).off('end', onEnd).off('close', onClose);
  };
}

/** A connection's addresses: a TLS socket has those of the socket below it. */
function endsOf({ localAddress, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${remoteAddress} ${remotePort}`;
}

function ignore(): void {}
