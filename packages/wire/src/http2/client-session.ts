import { type RequestHead, ResponseHead, type ResponseReceiver } from '@fairlead/message';
import { ClientStream } from './client-stream.ts';
import { ErrorCode } from './error-code.ts';
import { maxInt31 } from './frame.ts';
import { readResponseHead } from './heads/response-head.ts';
import { readTrailers } from './heads/trailers.ts';
import { HeaderEncoder } from './hpack/header-encoder.ts';
import { SettingId } from './peer-settings.ts';
import { preface, prefaceBytes } from './preface.ts';
import { Session } from './session.ts';
import type { SessionOutput } from './session-output.ts';
import type { SessionReason } from './session-reason.ts';
import type { Http2SessionSettings } from './settings.ts';
import { Fate } from './stream-table.ts';

/** Where a client session tells what happens. Calls come from within `receive`, `flush`, and those of a stream. */
export interface ClientSink {
  /** The server's first SETTINGS have come: it allows `maxStreams` at once. */
  onReady(maxStreams: number): void;
  /** A stream has closed or the limit has changed: `capacity` may be more. */
  onCapacity(): void;
  /** The server takes no new streams; those above `lastId` were told already. */
  onGoaway(lastId: number): void;
  /** GOAWAY was written and every receiver told; the owner flushes and closes. */
  onSessionError(reason: SessionReason, code: number): void;
  onPingAck(): void;
  /** The last open stream has closed. */
  onIdle(): void;
}

/** What a client may presume until SETTINGS come: fewer no server should allow (RFC 9113 §6.5.2). */
const presumedMaxStreams = 100;

/** Requests come from clients in windows that a listener may set to 64 MiB. */
const queueLimits = { maxStreamBytes: 134_217_728, maxConnectionBytes: 268_435_456 };

/** The client's end of one HTTP/2 connection: exchanges and octets in, octets out. */
export class ClientSession extends Session<ClientStream> {
  readonly #sink: ClientSink;
  #nextId: number = 1;
  /** A response has come. */
  #answered: boolean = false;
  #goingAway: boolean = false;
  #abandoned: boolean = false;
  /** Of the server's last GOAWAY. */
  #lastId: number = maxInt31;

  constructor(settings: Http2SessionSettings, output: SessionOutput, sink: ClientSink) {
    // The connection carries requests of several clients.
    super(settings, output, new HeaderEncoder('never'), queueLimits);
    this.#sink = sink;
  }

  /** Streams that may be opened now. Before the server's SETTINGS have come, up to 100. */
  get capacity(): number {
    if (this.failed || this.#goingAway) return 0;
    const ids = (maxInt31 - this.#nextId) / 2 + 1;
    return Math.max(0, Math.min(this.#maxStreams - this.openStreams, ids));
  }

  /** The server takes extended CONNECT (RFC 8441). */
  get extendedConnect(): boolean {
    return this.peer.extendedConnect;
  }

  /** `goaway` was called or received, or an error has ended the session; and no stream is open. */
  get done(): boolean {
    return (this.#goingAway || this.failed) && this.openStreams === 0;
  }

  /** Writes the preface and SETTINGS. */
  start(): void {
    const { streamWindowBytes, maxFieldSectionBytes } = this.settings;
    const { writer } = this;
    writer.reserve(prefaceBytes);
    writer.at += writer.bytes.latin1Write(preface, writer.at);
    writer.settings([
      ...[SettingId.enablePush, 0],
      ...[SettingId.initialWindowSize, streamWindowBytes],
      ...[SettingId.maxHeaderListSize, maxFieldSectionBytes],
    ]);
    this.inbound.start();
  }

  /** Only while `capacity` > 0. `end`: no body follows. */
  open(head: RequestHead, end: boolean, receiver: ResponseReceiver): ClientStream {
    if (this.capacity <= 0) throw new Error('The session has no room for a stream.');
    const stream = new ClientStream(this, this.#nextId, head, receiver, this.#answered);
    this.#nextId += 2;
    this.adopt(stream);
    stream.begin(head, end);
    return stream;
  }

  /** No stream will be opened any more. */
  goaway(): void {
    if (this.failed || this.#goingAway) return;
    this.#goingAway = true;
    this.writer.goaway(0, ErrorCode.noError);
  }

  /** In place of `closed`, when the server answers nothing any more: another connection to it is not worth a try. */
  abandon(): void {
    this.#abandoned = true;
    this.closed();
  }

  // What the server sends.

  protected override onFields(id: number, ends: boolean): void {
    const stream = this.table.find(id);
    if (stream !== null) this.#onFields(stream, ends);
    else if (this.isIdle(id)) this.fail(ErrorCode.protocolError, 'bad_frame');
    else this.onLateFields(id);
  }

  #onFields(stream: ClientStream, ends: boolean): void {
    if (stream.remoteEnded) this.failStream(stream, ErrorCode.streamClosed);
    else if (this.decoder.tooLarge) this.failStream(stream, ErrorCode.enhanceYourCalm);
    else if (stream.headReceived) this.#onTrailers(stream, ends);
    else {
      const head = readResponseHead(this.decoder.fields);
      this.#answered = true;
      if (!(head instanceof ResponseHead) || !stream.onHead(head, ends))
        this.failStream(stream, ErrorCode.protocolError);
    }
  }

  #onTrailers(stream: ClientStream, ends: boolean): void {
    // An endpoint's names are relayed as they are.
    const fields = readTrailers(this.decoder.fields, true);
    const fits = ends && stream.unreceived <= 0 && stream.takesTrailers;
    if (fits && Array.isArray(fields)) stream.onTrailers(fields);
    else this.failStream(stream, ErrorCode.protocolError);
  }

  protected override onRemoteEnd(stream: ClientStream): void {
    stream.onRemoteEnd();
  }

  protected override onReset(stream: ClientStream, code: number): void {
    if (code === ErrorCode.noError && stream.isEndedTunnel) stream.letGo();
    else if (code === ErrorCode.refusedStream) stream.fail('refused_stream', !stream.headReceived);
    else stream.fail('reset', false);
  }

  protected override onStreamFault(stream: ClientStream): void {
    stream.fail('bad_response', false);
  }

  protected override onPeerSettings(first: boolean): void {
    if (first) this.#sink.onReady(this.#maxStreams);
    else this.#sink.onCapacity();
  }

  /** Streams above `lastId` were not and will not be processed (RFC 9113 §6.8). */
  protected override onGoaway(lastId: number): void {
    this.#goingAway = true;
    this.#lastId = Math.min(lastId, this.#lastId);
    for (const stream of this.table.open()) {
      if (stream.id <= this.#lastId || stream.closed) continue;
      this.close(stream, Fate.resetByUs);
      stream.fail('refused_stream', true, true);
    }
    this.#sink.onGoaway(this.#lastId);
  }

  protected override onPingAck(): void {
    this.#sink.onPingAck();
  }

  protected override onClosed(): void {
    this.#sink.onCapacity();
    if (this.openStreams === 0) this.#sink.onIdle();
  }

  protected override onEnd(streams: readonly ClientStream[], reason: SessionReason | null, code: ErrorCode): void {
    const lost = this.#abandoned ? 'reset' : 'closed_early';
    for (const stream of streams) {
      const neverSent = stream.composedAt === this.writer.sent;
      const raced = reason === null && !this.#abandoned && stream.reused && !stream.headReceived;
      stream.fail(reason === null ? lost : 'bad_response', neverSent, raced);
    }
    if (reason !== null) this.#sink.onSessionError(reason, code);
  }

  protected override isIdle(id: number): boolean {
    return id >= this.#nextId || (id & 1) === 0;
  }

  protected override isIgnored(): boolean {
    return false;
  }

  protected override get lastPeerStream(): number {
    return 0;
  }

  protected override get ofServer(): boolean {
    return false;
  }

  get #maxStreams(): number {
    const peers = this.settingsReceived ? this.peer.maxConcurrentStreams : presumedMaxStreams;
    return Math.min(this.settings.maxConcurrentStreams, peers);
  }
}
