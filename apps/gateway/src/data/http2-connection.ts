import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Field, findField, names, type RequestHead, type RequestReceiver } from '@fairlead/message';
import { ServerSession, type ServerSink, type ServerStream, type SessionReason, type WireError } from '@fairlead/wire';
import { AcceptedConnection } from './accepted-connection.ts';
import type { SocketReader } from './client-socket.ts';
import type { ClientConnection } from './connection-list.ts';
import type { ConnectionOrigin, ConnectionShare } from './connection-share.ts';
import { sendRefusal } from './error-answer.ts';
import { Http2Stream } from './http2-stream.ts';
import { type OutputSession, SocketSessionOutput } from './session-output.ts';

const Phase = {
  serving: 0,
  /** The client was asked to open no more streams; what it had on the way is still served. */
  leaving: 1,
  /** The last GOAWAY was sent: streams that are open end, others are refused. */
  left: 2,
  /** All was said; it goes out at the end of the turn. */
  ending: 3,
  /** FIN was sent. What the client still sends is thrown away, so that it gets to read our answer before a reset. */
  lingering: 4,
  closed: 5,
} as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/** Why a connection was closed whose client gives no sign of life. */
export const pingTimeout = 'ping_timeout';

const lingerMs = 5_000;
/** A client that has not answered by then has had time enough to see the first GOAWAY (RFC 9113 §6.8: "at least one round-trip time"). */
const leavingMs = 1_000;
/** Streams are looked at no more often than this, if their deadlines allow. */
const streamSweepMs = 1_000;
const never = Number.POSITIVE_INFINITY;

/**
 * One HTTP/2 client connection: frames become exchanges, many at a time. Whoever made the socket calls `receive`, and `on…` for its events; see
 * `client-socket.ts`.
 *
 * It is never ended while that could cost a request: a client is asked to leave, answers a PING or has had time to see the question, and only
 * then is told which of its streams was the last.
 */
export class Http2Connection
  extends AcceptedConnection
  implements ClientConnection, SocketReader, ServerSink, OutputSession
{
  readonly #socket: Socket;
  readonly #share: ConnectionShare;
  readonly #output: SocketSessionOutput;
  readonly #session: ServerSession;
  #phase: Phase = Phase.serving;
  /** The session has ended with an error. */
  #failed: boolean = false;
  /** When something last came from the client, and since when no stream is open. */
  #heardMs: number;
  #idleSinceMs: number;
  /** When a PING was sent since which nothing has come; -1 for none. */
  #pingedMs: number = -1;
  #pingsUnanswered: number = 0;
  #leavingSinceMs: number = 0;
  #streamsSweptMs: number = 0;

  constructor(socket: Socket, origin: ConnectionOrigin, share: ConnectionShare) {
    super(origin, share);
    this.#socket = socket;
    this.#share = share;
    this.#heardMs = share.nowMs;
    this.#idleSinceMs = share.nowMs;
    this.#output = new SocketSessionOutput(socket, share.frames, share.flushes, () => this);
    this.#session = new ServerSession(
      share.sessionSettings.of(origin.settings, origin.tls !== null),
      this.#output,
      this,
    );
    this.#session.start(share.nowMs);
    this.#share.busy.adopt(this);
  }

  get bulk(): boolean {
    return this.#session.openStreams > 0;
  }

  // From the socket.

  /** Lends `bytes[0, size)`. Errors of the stages behind end this connection, not the worker. */
  receive(bytes: Buffer, size: number): void {
    if (this.#phase >= Phase.ending) return;
    const { nowMs } = this.#share;
    this.#heardMs = nowMs;
    this.#pingedMs = -1;
    try {
      this.#session.receive(bytes, 0, size, nowMs);
      if (this.#session.openStreams === 0) this.#watchHead();
    } catch (error) {
      this.#fault(error);
    }
  }

  /** There is no half-closed HTTP/2: a client that only has no more to ask says so with END_STREAM and GOAWAY. */
  onEnd(): void {
    if (this.#phase < Phase.ending && this.#session.openStreams > 0) this.#cutOff();
    else this.#finish();
  }

  onDrain(): void {
    try {
      this.#output.drained();
    } catch (error) {
      this.#fault(error);
    }
  }

  onClose(): void {
    if (this.#phase === Phase.closed) return;
    this.#phase = Phase.closed;
    this.list?.remove(this);
    this.#output.released();
    try {
      this.#session.closed();
    } catch (error) {
      this.#share.onFault(error);
    }
    this.#share.onClosed(this.origin);
  }

  // From its output.

  /** At the end of a turn in which there was something to send, or to end. */
  flush(): void {
    try {
      this.#session.flush();
      if (this.#phase === Phase.ending) this.#linger();
    } catch (error) {
      this.#fault(error);
    }
  }

  outputBlocked(blocked: boolean): void {
    this.#session.outputBlocked(blocked);
  }

  // From the session.

  createStream(session: ServerSession, id: number): ServerStream {
    return new Http2Stream(session, id, this);
  }

  onRequest(head: RequestHead, end: boolean, stream: ServerStream): RequestReceiver {
    const { recycling, handler, draining } = this.#share;
    if (head.upgrade === 'websocket') addKey(head);
    if (recycling.leavesWith(this.tenure, this.origin.settings.recycling, head.fields) || draining) this.#askToLeave();
    // `createStream` makes no others.
    return handler.onRequest(head, end, stream as Http2Stream);
  }

  onRequestRefused(error: WireError, stream: ServerStream | null): void {
    this.#share.onRefused(stream === null ? 0 : error.status, error.code);
    if (stream !== null) sendRefusal(error, this.#share.exposeReason, stream);
  }

  onStreamsChanged(open: number): void {
    if (this.#phase >= Phase.ending) return;
    if (open > 0) {
      this.deadlineMs = never;
      this.#share.busy.adopt(this);
      return;
    }
    this.#idleSinceMs = this.#share.nowMs;
    if (this.#phase === Phase.left) this.#finish();
    else if (this.#phase === Phase.serving) this.#becomeIdle();
  }

  /** GOAWAY was written. */
  onSessionError(reason: SessionReason): void {
    this.#failed = true;
    this.#share.onRefused(0, reason);
    this.#finish();
  }

  onPeerGoaway(): void {
    this.#leave();
  }

  onPingAck(): void {
    if (this.#pingsUnanswered > 0) this.#pingsUnanswered--;
    // Answers come in order: that to the PING behind the first GOAWAY is the last.
    if (this.#phase === Phase.leaving && this.#pingsUnanswered === 0) this.#leave();
  }

  // From the worker.

  sweep(nowMs: number): void {
    try {
      if (this.#phase === Phase.lingering) this.#sweepLingering(nowMs);
      else if (this.#phase < Phase.ending) this.#sweepServing(nowMs);
    } catch (error) {
      this.#fault(error);
    }
    this.#flushNow();
  }

  restartDeadline(): void {
    this.#heardMs = this.#share.nowMs;
    this.#idleSinceMs = this.#share.nowMs;
    if (this.#phase === Phase.serving && this.list !== this.#share.busy) this.#becomeIdle();
  }

  closeWhenIdle(): void {
    this.#askToLeave();
    this.#flushNow();
  }

  makeRoom(): void {
    const { recycling } = this.origin.settings;
    if (this.#share.recycling.leavesNow(this.tenure, recycling, 'balance')) this.#askToLeave();
    this.#flushNow();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  // Leaving.

  /** RFC 9113 §6.8: the first GOAWAY forbids nothing. The answer to the PING behind it shows that it was read. */
  #askToLeave(): void {
    if (this.#phase !== Phase.serving) return;
    this.#phase = Phase.leaving;
    this.#leavingSinceMs = this.#share.nowMs;
    this.#session.goawaySoon();
    this.#ping();
    // Whatever list it was in: from now on every sweep looks at it.
    this.deadlineMs = never;
    this.#share.busy.adopt(this);
  }

  #leave(): void {
    if (this.#phase >= Phase.left) return;
    this.#phase = Phase.left;
    this.#session.goaway();
    if (this.#session.openStreams === 0) this.#finish();
  }

  /** Nothing more will be said. What was goes out at the end of the turn: this may be within a call of the session. */
  #finish(): void {
    if (this.#phase >= Phase.ending) return;
    this.#session.goaway();
    this.#phase = Phase.ending;
    this.deadlineMs = never;
    this.#share.busy.adopt(this);
    this.#output.dirty();
  }

  /** FIN, and time for the client to read what was said. */
  #linger(): void {
    this.#phase = Phase.lingering;
    this.deadlineMs = this.#share.nowMs + lingerMs;
    this.#socket.end();
  }

  /** The worker goes through all connections: each would hold memory until the end of the turn. */
  #flushNow(): void {
    if (this.#output.waits) this.#output.flush();
  }

  // Deadlines.

  /** Without a stream nobody else would look before the connection has been idle for long. */
  #watchHead(): void {
    if (this.#phase !== Phase.serving) return;
    const { busy } = this.#share;
    if (!this.#session.midHead) {
      if (this.list === busy) this.#becomeIdle();
    } else if (this.list !== busy) {
      this.deadlineMs = never;
      busy.adopt(this);
    }
  }

  #becomeIdle(): void {
    // Whether it takes what waits for it is to be watched.
    if (this.#output.blocked) return;
    const waitMs = this.#idleWaitMs();
    this.deadlineMs = this.#share.nowMs + waitMs;
    this.#share.idle.adopt(this, waitMs);
  }

  /** Until the next look at it: one of the times configured, since connections are kept in a list for each. */
  #idleWaitMs(): number {
    const { idleTimeoutMs, http2 } = this.origin.settings;
    const { pingIdleMs, pingTimeoutMs } = http2;
    if (pingIdleMs <= 0 || pingIdleMs >= idleTimeoutMs) return idleTimeoutMs;
    const leftMs = this.#idleSinceMs + idleTimeoutMs - this.#share.nowMs;
    return this.#pingedMs < 0 && leftMs >= pingIdleMs ? pingIdleMs : Math.min(pingTimeoutMs, idleTimeoutMs);
  }

  #sweepServing(nowMs: number): void {
    const { settings } = this.origin;
    this.#sweepStreams(nowMs);
    if (this.#phase >= Phase.ending) return;
    if (this.#output.stalled(nowMs, settings.writeIdleMs)) this.#cutOff();
    else if (this.#phase === Phase.leaving && nowMs - this.#leavingSinceMs >= leavingMs) this.#leave();
    else if (this.#isLost(nowMs)) this.#giveUp();
    else if (this.#phase !== Phase.leaving) {
      this.#pingSilent(nowMs);
      if (this.#phase === Phase.serving) this.#sweepStaying(nowMs);
    }
  }

  #sweepStreams(nowMs: number): void {
    const { settings } = this.origin;
    const { writeIdleMs, headTimeoutMs, bodyGraceMs } = settings;
    const strideMs = Math.min(streamSweepMs, Math.min(writeIdleMs, headTimeoutMs, bodyGraceMs) / 10);
    if (nowMs - this.#streamsSweptMs < strideMs) return;
    this.#streamsSweptMs = nowMs;
    this.#session.sweep(nowMs, settings);
  }

  #sweepStaying(nowMs: number): void {
    const { settings } = this.origin;
    const isIdle = this.#session.openStreams === 0 && !this.#session.midHead;
    if (isIdle && nowMs - this.#idleSinceMs >= settings.idleTimeoutMs) this.#askToLeave();
    else if (this.#share.recycling.isOverdue(this.tenure, settings.recycling)) this.#askToLeave();
    else if (this.#share.draining && !isIdle) this.#askToLeave();
    else if (isIdle) this.#becomeIdle();
  }

  #pingSilent(nowMs: number): void {
    const { pingIdleMs } = this.origin.settings.http2;
    if (pingIdleMs <= 0 || this.#pingedMs >= 0 || nowMs - this.#heardMs < pingIdleMs) return;
    this.#pingedMs = nowMs;
    this.#ping();
  }

  #ping(): void {
    this.#pingsUnanswered++;
    this.#session.ping();
  }

  /** It was asked whether it lives, and nothing has come since. */
  #isLost(nowMs: number): boolean {
    return this.#pingedMs >= 0 && nowMs - this.#pingedMs >= this.origin.settings.http2.pingTimeoutMs;
  }

  #giveUp(): void {
    this.#share.onRefused(0, pingTimeout);
    this.#cutOff();
  }

  /** A client that still takes what it was sent gets the time for it, unless it has broken the protocol. */
  #sweepLingering(nowMs: number): void {
    const stalled = this.#output.stalled(nowMs, this.origin.settings.writeIdleMs);
    const takes = !stalled && !this.#failed && this.#socket.writableLength > 0;
    if (takes) this.deadlineMs = nowMs + lingerMs;
    else if (stalled || nowMs >= this.deadlineMs) this.#cutOff();
  }

  /** `onClose` follows. Until then it is nobody's idle connection. */
  #cutOff(): void {
    if (this.#phase === Phase.closed) return;
    this.#phase = Phase.lingering;
    this.deadlineMs = never;
    this.#share.busy.adopt(this);
    this.#socket.destroy();
  }

  #fault(error: unknown): void {
    this.#share.onFault(error);
    this.#cutOff();
  }
}

/** RFC 8441 §5: there is no key over HTTP/2, but an endpoint of HTTP/1.1 wants one (RFC 6455 §4.1). */
function addKey(head: RequestHead): void {
  if (findField(head.fields, names.secWebsocketKey) !== null) return;
  head.fields = [...head.fields, new Field(names.secWebsocketKey, randomBytes(16).toString('base64'))];
}
