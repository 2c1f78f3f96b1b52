import type { RequestHead, ResponseReceiver } from '@fairlead/message';
import { ClientSession, type ClientSink, type Http2SessionSettings } from '@fairlead/wire';
import { SocketSessionOutput } from '../session-output.ts';
import type { EndpointSocket, FailureCode, SocketUser } from './endpoint-socket.ts';
import type { SharedConnection } from './least-loaded.ts';
import { LivenessProbe } from './liveness-probe.ts';
import type { Upstream } from './upstream.ts';
import { type Connecting, responseLimits, type UpstreamShare } from './upstream-share.ts';

/** Whom a connection tells what requests it can take. */
export interface Http2Owner {
  /** Requests can be sent, as far as `capacity` goes. */
  onReady(connection: Http2Upstream): void;
  /** Streams have become free. */
  onCapacity(connection: Http2Upstream): void;
  /** It takes no more requests; those it has go on. Not told of one that closes. */
  onLeaving(connection: Http2Upstream): void;
  /** `code`: what became of its requests. Told before they are. */
  onClosed(connection: Http2Upstream, code: FailureCode): void;
}

/** Streams of a connection whose peer has not said how many it takes; RFC 9113 §6.5.2 asks for no fewer. */
export const usualStreams = 100;

/** Of one connection in its life: ids of streams end at 2³¹ (RFC 9113 §5.1.1). */
const maxStreamsInAll = 1_000_000_000;

/**
 * One HTTP/2 connection to an endpoint, shared by requests of many clients. It takes none before the endpoint's SETTINGS are there: a peer
 * that speaks something else, or nothing, has then not seen any.
 */
export class Http2Upstream implements SocketUser, ClientSink, SharedConnection, Connecting {
  openedMs: number;
  idleSinceMs: number;
  /** The endpoint's SETTINGS have come. */
  ready: boolean = false;
  readonly #owner: Http2Owner;
  readonly #share: UpstreamShare;
  readonly #socket: EndpointSocket;
  readonly #output: SocketSessionOutput;
  readonly #session: ClientSession;
  readonly #probe: LivenessProbe;
  #streamsInAll: number = 0;
  /** Takes no more requests. */
  #leaving: boolean = false;
  #goneAway: boolean = false;
  /** It did not answer a PING. */
  #silent: boolean = false;

  /** `socket` may be on its way still. */
  constructor(socket: EndpointSocket, owner: Http2Owner, share: UpstreamShare) {
    this.openedMs = share.nowMs;
    this.idleSinceMs = share.nowMs;
    this.#owner = owner;
    this.#share = share;
    this.#socket = socket;
    this.#probe = new LivenessProbe(share.settings.http2);
    this.#output = new SocketSessionOutput(socket.socket, share.frames, share.flushes, () => this.#session);
    this.#session = new ClientSession(sessionSettings(socket, share), this.#output, this);
    socket.user = this;
    if (socket.established) this.onEstablished();
  }

  get openStreams(): number {
    return this.#session.openStreams;
  }

  get capacity(): number {
    return this.ready && !this.#leaving ? this.#session.capacity : 0;
  }

  get allowedStreams(): number {
    return this.#session.openStreams + this.capacity;
  }

  /** Whether upgrades can be sent (RFC 8441). */
  get takesUpgrades(): boolean {
    return this.#session.extendedConnect;
  }

  /** Only while `capacity` > 0. */
  send(receiver: ResponseReceiver, head: RequestHead, end: boolean): Upstream {
    if (this.#session.openStreams === 0) this.#probe.begin(this.#share.nowMs);
    const stream = this.#session.open(head, end, receiver);
    if (++this.#streamsInAll >= maxStreamsInAll) this.leave();
    return stream;
  }

  /** Takes no more requests, and closes when those it has are done. */
  leave(): void {
    if (!this.#leaving && this.ready) this.#owner.onLeaving(this);
    this.#leaving = true;
    if (this.ready && this.#session.openStreams === 0) this.#closeIdle();
  }

  /** Finds out whether the endpoint still lives, closes what has been idle for too long. */
  sweep(nowMs: number): void {
    if (!this.ready) return;
    if (this.#session.openStreams === 0) {
      if (nowMs - this.idleSinceMs >= this.#share.settings.idleTimeoutMs) this.#closeIdle();
      return;
    }
    const verdict = this.#probe.check(nowMs);
    if (verdict === 'ping') this.#session.ping();
    else if (verdict === 'dead') {
      this.#share.metrics.count('upstreamPingsFailed');
      this.#silent = true;
      this.onBroken('reset');
    }
  }

  connectTimedOut(): void {
    this.onBroken('connect_timeout');
  }

  // ---- what the session says ----

  onReady(): void {
    this.ready = true;
    this.#share.connecting.delete(this);
    this.#share.sessions.add(this);
    this.#share.metrics.count('upstreamHttp2ConnectionsOpen');
    this.#owner.onReady(this);
  }

  onCapacity(): void {
    if (this.capacity > 0) this.#owner.onCapacity(this);
  }

  onIdle(): void {
    this.idleSinceMs = this.#share.nowMs;
    this.#socket.rest();
    if (this.#leaving) this.#closeIdle();
  }

  /** Comes twice from a peer that leaves gracefully. */
  onGoaway(): void {
    if (!this.#goneAway) this.#share.metrics.count('upstreamGoaways');
    this.#goneAway = true;
    this.leave();
  }

  /** It has said GOAWAY. */
  onSessionError(): void {
    this.#end('bad_response', true);
  }

  onPingAck(): void {}

  // ---- what the socket says ----

  onEstablished(): void {
    // From now on it is the endpoint's SETTINGS that must not take too long.
    this.openedMs = this.#share.nowMs;
    this.#share.connecting.add(this);
    this.#session.start();
  }

  onBytes(bytes: Buffer, size: number): boolean {
    const { nowMs } = this.#share;
    this.#probe.heard(nowMs, size);
    this.#session.receive(bytes, 0, size, nowMs);
    return true;
  }

  onDrain(): void {
    this.#output.drained();
  }

  onPeerEnd(): void {
    this.#end('closed_early', true);
  }

  onBroken(code: FailureCode): void {
    this.#end(code, false);
  }

  onReleased(): void {
    this.#output.released();
  }

  #closeIdle(): void {
    this.#session.goaway();
    this.#end('closed_early', true);
  }

  /** `politely`: what is to be said still goes out. */
  #end(code: FailureCode, politely: boolean): void {
    if (this.#socket.closed) return;
    this.#leaving = true;
    if (politely) this.#session.flush();
    if (politely) this.#socket.end();
    else this.#socket.close();
    this.#share.connecting.delete(this);
    if (this.#share.sessions.delete(this)) this.#share.metrics.count('upstreamHttp2ConnectionsOpen', -1);
    this.#owner.onClosed(this, code);
    if (this.#silent) this.#session.abandon();
    else this.#session.closed();
  }
}

/** Endpoints are trusted more than clients, not without bound. */
const maxEarlyResets = 10_000;
const maxControlFrames = 10_000;
const floodWindowMs = 10_000;

function sessionSettings({ secure }: EndpointSocket, { settings }: UpstreamShare): Http2SessionSettings {
  const { http2 } = settings;
  return {
    scheme: secure ? 'https' : 'http',
    maxConcurrentStreams: http2.maxConcurrentStreams,
    streamWindowBytes: http2.streamWindowBytes,
    maxStreamWindowBytes: http2.maxStreamWindowBytes,
    connectionWindowBytes: http2.connectionWindowBytes,
    maxFieldSectionBytes: responseLimits.maxHeadBytes,
    maxFields: responseLimits.maxFields,
    maxEarlyResets,
    maxControlFrames,
    floodWindowMs,
  };
}
