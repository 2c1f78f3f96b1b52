import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { statusOf } from './field-block.ts';
import { errorCode, flag, frameType, pingFrame, preface, settingsFrame } from './frame.ts';

export interface RawHttp2Options {
  readonly port: number;
  readonly settings?: readonly (readonly [id: number, value: number])[];
  readonly tls?: boolean;
  /** Source address; limits for each client then count apart. */
  readonly from?: string;
}

/**
 * The client's end of an HTTP/2 connection that sends what it is told, frames in any order, and only notes what comes. Of itself it sends
 * the preface with SETTINGS and acknowledges the peer's SETTINGS and PINGs. Never grants windows of itself.
 */
export class RawHttp2Connection {
  /** Error code of the peer's last GOAWAY; null without one. */
  goawayCode: number | null = null;
  /** Error codes by stream. */
  readonly resets: Map<number, number> = new Map<number, number>();
  /** Of final answers, by stream. */
  readonly statuses: Map<number, number> = new Map<number, number>();
  readonly endedStreams: Set<number> = new Set();
  /** Octets of DATA from the peer. */
  dataBytes = 0;
  readonly #socket: Socket;
  #pending = Buffer.alloc(0);
  #settingsSeen = false;
  #acksSeen = 0;
  #pingsSent = 0;
  #lastStreamId = -1;
  #isClosed = false;
  #waiters: (() => void)[] = [];

  private constructor({ port, tls, from, settings = [] }: RawHttp2Options) {
    const host = '127.0.0.1';
    const local = from === undefined ? {} : { localAddress: from };
    this.#socket =
      tls === true
        ? connectTls({ port, host, ...local, rejectUnauthorized: false, ALPNProtocols: ['h2'] })
        : connect({ port, host, ...local });
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (data) => this.#onData(data as Buffer));
    this.#socket.on('end', () => this.#onClosed());
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#onClosed());
    this.#socket.write(Buffer.concat([preface, settingsFrame(settings)]));
  }

  /** Resolves when the peer's SETTINGS are there. Throws when they are not in 5 s. */
  static async open(options: RawHttp2Options): Promise<RawHttp2Connection> {
    const connection = new RawHttp2Connection(options);
    const there = await connection.until(() => connection.#settingsSeen || connection.#isClosed, 5_000);
    if (there && connection.#settingsSeen) return connection;
    connection.destroy();
    throw new Error(`no HTTP/2 at port ${options.port}`);
  }

  /** The peer closed, or this end was destroyed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  nextStreamId(): number {
    this.#lastStreamId += 2;
    return this.#lastStreamId;
  }

  /** Nothing happens on a closed connection. */
  write(...frames: readonly Buffer[]): void {
    if (!this.#isClosed) this.#socket.write(Buffer.concat(frames));
  }

  /** Takes no more octets: the peer's buffers fill. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** The end of a connection is not seen by who does not read. */
  readOn(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#onClosed();
  }

  /** True when the peer has handled all that was written; false when it closed instead. Throws when neither happens in 5 s. */
  async roundTrip(): Promise<boolean> {
    this.#pingsSent++;
    const wanted = this.#pingsSent;
    this.write(pingFrame(0, Buffer.from('attacker')));
    const done = await this.until(() => this.#isClosed || this.#acksSeen >= wanted, 5_000);
    if (!done) throw new Error('the peer neither answers a PING nor closes');
    return !this.#isClosed;
  }

  async untilClosed(timeoutMs: number): Promise<boolean> {
    return this.until(() => this.#isClosed, timeoutMs);
  }

  /** Asked again whenever something came; false when it did not hold in time. */
  async until(check: () => boolean, timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while (!check()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  #onClosed(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #onData(data: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, data]);
    let at = 0;
    while (this.#pending.length - at >= 9) {
      const length = this.#pending.readUIntBE(at, 3);
      if (this.#pending.length - at < 9 + length) break;
      const streamId = this.#pending.readUInt32BE(at + 5) & 0x7f_ff_ff_ff;
      const payload = this.#pending.subarray(at + 9, at + 9 + length);
      this.#onFrame(this.#pending[at + 3]!, this.#pending[at + 4]!, streamId, payload);
      at += 9 + length;
    }
    this.#pending = this.#pending.subarray(at);
    this.#wake();
  }

  #onFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    if (type === frameType.settings) this.#onSettings(flags);
    else if (type === frameType.ping) this.#onPing(flags, payload);
    else if (type === frameType.goaway) this.goawayCode = payload.readUInt32BE(4);
    else if (type === frameType.rstStream) this.resets.set(streamId, payload.readUInt32BE(0));
    else if (type === frameType.headers) this.#onHeaders(streamId, payload);
    else if (type === frameType.data) this.dataBytes += payload.length;
    const endsStreams = type === frameType.headers || type === frameType.data;
    if (endsStreams && (flags & flag.endStream) !== 0) this.endedStreams.add(streamId);
  }

  #onSettings(flags: number): void {
    if ((flags & flag.ack) !== 0) return;
    this.#settingsSeen = true;
    this.write(Buffer.from([0, 0, 0, frameType.settings, flag.ack, 0, 0, 0, 0]));
  }

  #onPing(flags: number, payload: Buffer): void {
    if ((flags & flag.ack) === 0) this.write(pingFrame(flag.ack, payload));
    else if (payload.toString('latin1') === 'attacker') this.#acksSeen++;
  }

  /** Peers of these tests pad no frames and send no priorities. */
  #onHeaders(streamId: number, payload: Buffer): void {
    const status = statusOf(payload);
    if (status >= 200 && !this.statuses.has(streamId)) this.statuses.set(streamId, status);
  }
}

/** Names of the codes that matter here. */
export function errorName(code: number | null): string {
  if (code === null) return 'no GOAWAY';
  return Object.entries(errorCode).find(([, value]) => value === code)?.[0] ?? `error ${code}`;
}
