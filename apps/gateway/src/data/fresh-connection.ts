import type { Socket } from 'node:net';
import { preface } from '@fairlead/wire';
import { AcceptedConnection } from './accepted-connection.ts';
import type { SocketReader } from './client-socket.ts';
import type { ClientConnection } from './connection-list.ts';
import type { ConnectionOrigin, ConnectionShare } from './connection-share.ts';

/** What a connection turns out to be. */
export type SpokenProtocol = 'http1' | 'http2';
/** Makes the connection that goes on from here, which reads from the socket from then on. */
export type OpenConnection = (protocol: SpokenProtocol) => ClientConnection & SocketReader;

const prefaceOctets = Buffer.from(preface, 'latin1');
const nothing = Buffer.alloc(0);

/** Stable code: a connection began with what is no HTTP of any version. */
export const notHttp = 'not_http';
/**
 * A line that is too wrong for a mistaken request: no version in it, nor anything like a target. Senders of PROXY headers are to hear that
 * theirs is not expected.
 */
const foreignLine = /^(?!.*HTTP\/)(?!PROXY )(?!\S+ [/*])[ -~]+\r?$/;
const maxLineBytes = 256;
const never = Number.POSITIVE_INFINITY;

/**
 * A plain connection of which not enough has come to tell its protocol: a client of HTTP/2 begins with the preface (RFC 9113 §3.3), anything
 * else is HTTP/1.1's to judge. Once that is clear, or the client has given up, its place is taken by a connection of that protocol.
 */
export class FreshConnection extends AcceptedConnection implements ClientConnection, SocketReader {
  readonly #socket: Socket;
  readonly #share: ConnectionShare;
  readonly #open: OpenConnection;
  /** The beginning of the preface. */
  #begun: Buffer = nothing;

  constructor(socket: Socket, origin: ConnectionOrigin, share: ConnectionShare, open: OpenConnection) {
    super(origin, share);
    const { idleTimeoutMs } = origin.settings;
    this.#socket = socket;
    this.#share = share;
    this.#open = open;
    this.deadlineMs = share.nowMs + idleTimeoutMs;
    share.idle.adopt(this, idleTimeoutMs);
  }

  get bulk(): boolean {
    return false;
  }

  receive(bytes: Buffer, size: number): void {
    const before = this.#begun.length;
    const compared = Math.min(size, prefaceOctets.length - before);
    const matches = prefaceOctets.compare(bytes, 0, compared, before, before + compared) === 0;
    if (matches && before + compared < prefaceOctets.length) this.#await(bytes, size);
    else if (!matches && before === 0 && isForeign(bytes, size)) this.#refuse();
    else this.#become(matches ? 'http2' : 'http1', bytes, size);
  }

  onEnd(): void {
    this.#become('http1', nothing, 0).onEnd();
  }

  onDrain(): void {}

  onClose(): void {
    if (this.list === null) return;
    this.list.remove(this);
    this.#share.onClosed(this.origin);
  }

  /** Nothing came in time, or not all of what was begun: the latter is answered as a head of HTTP/1.1 that is late. */
  sweep(nowMs: number): void {
    if (nowMs < this.deadlineMs) return;
    if (this.#begun.length > 0) this.#become('http1', nothing, 0).sweep(never);
    else this.closeWhenIdle();
  }

  restartDeadline(): void {
    const { idleTimeoutMs, headTimeoutMs } = this.origin.settings;
    this.deadlineMs = this.#share.nowMs + (this.#begun.length > 0 ? headTimeoutMs : idleTimeoutMs);
  }

  closeWhenIdle(): void {
    this.#become('http1', nothing, 0).closeWhenIdle();
  }

  /** Nothing is asked of who has asked for nothing. */
  makeRoom(): void {}

  destroy(): void {
    this.#socket.destroy();
  }

  #await(bytes: Buffer, size: number): void {
    this.#begun = Buffer.concat([this.#begun, bytes.subarray(0, size)]);
    if (this.list === this.#share.busy) return;
    this.deadlineMs = this.#share.nowMs + this.origin.settings.headTimeoutMs;
    this.#share.busy.adopt(this);
  }

  /** Whatever it is, it could not read an answer. */
  #refuse(): void {
    this.#share.onRefused(0, notHttp);
    this.#socket.destroy();
  }

  #become(protocol: SpokenProtocol, bytes: Buffer, size: number): ClientConnection & SocketReader {
    this.list?.remove(this);
    const connection = this.#open(protocol);
    if (this.#begun.length > 0) connection.receive(this.#begun, this.#begun.length);
    if (size > 0) connection.receive(bytes, size);
    return connection;
  }
}

/** Whether the first line, if all of it is there, belongs to another protocol. */
function isForeign(bytes: Buffer, size: number): boolean {
  const end = bytes.subarray(0, Math.min(size, maxLineBytes)).indexOf(0x0a);
  return end > 0 && foreignLine.test(bytes.latin1Slice(0, end));
}
