import { type AbortReason, RequestHead, ResponseHead } from '@fairlead/message';
import { type WireError, wireErrors } from '../http1/wire-error.ts';
import type { Octets } from '../octets.ts';
import type { StreamDeadlines } from './deadlines.ts';
import { ErrorCode } from './error-code.ts';
import { maxInt31 } from './frame.ts';
import { readRequestHead } from './heads/request-head.ts';
import type { RequestRules } from './heads/request-rules.ts';
import { readTrailers } from './heads/trailers.ts';
import { HeaderEncoder } from './hpack/header-encoder.ts';
import { SettingId } from './peer-settings.ts';
import { prefaceByte, prefaceBytes } from './preface.ts';
import type { ServerSink } from './server-sink.ts';
import type { ServerStream } from './server-stream.ts';
import { Session } from './session.ts';
import type { SessionOutput } from './session-output.ts';
import type { SessionReason } from './session-reason.ts';
import type { Http2ServerSettings } from './settings.ts';
import { isTooSlow } from './slow-streams.ts';
import { Fate } from './stream-table.ts';

/** A stream that its client resets sooner, and before it was answered, was not opened for an answer. */
const earlyMs = 1_000;

/** Responses come from endpoints in windows of at most 1 MiB, or in reads of 256 KiB. */
const queueLimits = { maxStreamBytes: 4_194_304, maxConnectionBytes: 33_554_432 };

/**
 * The server's end of one HTTP/2 connection: octets in, exchanges and octets out.
 *
 * What a client does wrong with a stream resets it, what it does wrong with the connection ends the session; both are told by their reasons.
 * Requests that are malformed or too much never become exchanges.
 */
export class ServerSession extends Session<ServerStream> {
  readonly #sink: ServerSink;
  readonly #rules: RequestRules;
  /** Octets of the preface that came. */
  #preface: number = 0;
  #begunMs: number = -1;
  /** The frame that the last octets have left incomplete, and since when it is. */
  #cutFrame: number = 0;
  #cutMs: number = 0;
  /** Of all streams that the client opened. */
  #highestId: number = 0;
  /** The last one that we care for; from the last GOAWAY on it stays. */
  #lastServedId: number = 0;
  #goingAway: boolean = false;

  constructor(settings: Http2ServerSettings, output: SessionOutput, sink: ServerSink) {
    super(settings, output, new HeaderEncoder('repeated'), queueLimits);
    const { scheme, maxTargetBytes, allowUnderscores } = settings;
    this.#sink = sink;
    this.#rules = { scheme, extendedConnect: true, maxTargetBytes, allowUnderscores };
  }

  /** `goaway` was called or received an error, and no stream is open. */
  get done(): boolean {
    return (this.#goingAway || this.failed) && this.openStreams === 0;
  }

  /** A field block or a frame has begun and not ended, or SETTINGS are still to come: `sweep` watches a deadline. */
  get midHead(): boolean {
    return this.block.expectedId !== 0 || this.#cutFrame !== 0 || (!this.settingsReceived && this.#begunMs >= 0);
  }

  /** Writes SETTINGS. `nowMs`: from when on the client is late with its own; without, from its first octets. */
  start(nowMs: number = -1): void {
    this.#begunMs = nowMs;
    const { maxConcurrentStreams, streamWindowBytes, maxFieldSectionBytes } = this.settings;
    this.writer.settings([
      ...[SettingId.maxConcurrentStreams, maxConcurrentStreams],
      ...[SettingId.initialWindowSize, streamWindowBytes],
      ...[SettingId.maxHeaderListSize, maxFieldSectionBytes],
      ...[SettingId.enableConnectProtocol, 1],
    ]);
    this.inbound.start();
  }

  /** Lends `bytes[start, end)`, the preface included. */
  override receive(bytes: Octets, start: number, end: number, nowMs: number): void {
    this.#begunMs = this.#begunMs < 0 ? nowMs : this.#begunMs;
    while (this.#preface < prefaceBytes && start < end && !this.failed) {
      if (bytes[start++] === prefaceByte(this.#preface)) this.#preface++;
      else this.fail(ErrorCode.protocolError, 'bad_preface');
    }
    super.receive(bytes, start, end, nowMs);
    if (this.cutFrame !== this.#cutFrame) this.#cutMs = nowMs;
    this.#cutFrame = this.cutFrame;
  }

  /** Resets streams that break `deadlines`, and ends a session that does. */
  sweep(nowMs: number, deadlines: StreamDeadlines): void {
    if (this.failed) return;
    this.outbound.nowMs = nowMs;
    if (this.#isHeadLate(nowMs, deadlines.headTimeoutMs)) {
      this.fail(this.settingsReceived ? ErrorCode.enhanceYourCalm : ErrorCode.settingsTimeout, 'block_timeout');
      return;
    }
    for (const stream of this.table.open()) {
      if (stream.closed || !isTooSlow(stream, nowMs, deadlines)) continue;
      this.reset(stream, ErrorCode.cancel);
      this.#tell(stream, 'timeout');
    }
  }

  /** Asks the client to open no more streams; those on the way are still served (RFC 9113 §6.8). */
  goawaySoon(): void {
    if (!this.failed && !this.#goingAway) this.writer.goaway(maxInt31, ErrorCode.noError);
  }

  /** Streams that the client opens from now on are not served. */
  goaway(): void {
    if (this.failed || this.#goingAway) return;
    this.#goingAway = true;
    this.writer.goaway(this.#lastServedId, ErrorCode.noError);
  }

  // What the client sends.

  protected override onFields(id: number, ends: boolean, selfDependent: boolean): void {
    if ((id & 1) === 0) this.fail(ErrorCode.protocolError, 'bad_frame');
    else if (id > this.#highestId) this.#onStream(id, ends, selfDependent);
    else {
      const stream = this.table.find(id);
      if (stream === null) this.onLateFields(id);
      else this.#onTrailers(stream, ends);
    }
  }

  #onStream(id: number, ends: boolean, selfDependent: boolean): void {
    this.#highestId = id;
    if (this.#goingAway) {
      this.#resetUnserved(id, ErrorCode.refusedStream);
      return;
    }
    this.#lastServedId = id;
    if (selfDependent) this.#refuse(id, wireErrors.selfDependency);
    else if (this.openStreams >= this.settings.maxConcurrentStreams) this.#refuseSurplus(id);
    else if (this.decoder.tooLarge) this.#answer(id, ends, wireErrors.headBytes);
    else this.#onHead(id, ends, readRequestHead(this.decoder.fields, ends, this.#rules));
  }

  #onHead(id: number, ends: boolean, head: RequestHead | WireError): void {
    if (head instanceof RequestHead) {
      if (ends && head.contentLength > 0) this.#refuse(id, wireErrors.bodyLength);
      else this.#serve(id, ends, head);
    } else if (head.status === 400) this.#refuse(id, head);
    else this.#answer(id, ends, head);
  }

  #serve(id: number, ends: boolean, head: RequestHead): void {
    const stream = this.#begin(id);
    stream.begin(head, ends);
    const receiver = this.#sink.onRequest(head, ends || head.upgrade !== '', stream);
    stream.attach(receiver);
  }

  #begin(id: number): ServerStream {
    const stream = this.#sink.createStream(this, id);
    this.adopt(stream);
    if (this.openStreams === 1) this.#sink.onStreamsChanged(1);
    return stream;
  }

  /** The sink may answer; without its answer there is just the status. */
  #answer(id: number, ends: boolean, error: WireError): void {
    const stream = this.#begin(id);
    stream.remoteEnded = ends;
    this.#sink.onRequestRefused(error, stream);
    if (!stream.headSent) stream.sendHead(new ResponseHead(error.status, []), true);
  }

  #refuse(id: number, error: WireError): void {
    this.#resetUnserved(id, ErrorCode.protocolError);
    this.#sink.onRequestRefused(error, null);
    this.countReset();
  }

  /** A client that has not seen our SETTINGS may open more than they allow. */
  #refuseSurplus(id: number): void {
    this.#resetUnserved(id, ErrorCode.refusedStream);
    this.#sink.onRequestRefused(wireErrors.tooManyStreams, null);
    if (this.settingsAcked) this.countReset();
  }

  #resetUnserved(id: number, code: ErrorCode): void {
    this.writer.rstStream(id, code);
    this.table.close(id, Fate.resetByUs);
  }

  #onTrailers(stream: ServerStream, ends: boolean): void {
    if (stream.remoteEnded) this.failStream(stream, ErrorCode.streamClosed);
    else if (!ends || stream.unreceived > 0 || !stream.takesTrailers) this.failStream(stream, ErrorCode.protocolError);
    else if (this.decoder.tooLarge) this.failStream(stream, ErrorCode.enhanceYourCalm);
    else {
      const fields = readTrailers(this.decoder.fields, this.#rules.allowUnderscores);
      if (!Array.isArray(fields)) {
        this.failStream(stream, ErrorCode.protocolError);
        return;
      }
      stream.remoteEnded = true;
      stream.receiver?.onRequestTrailers(fields);
      if (!stream.closed) stream.onRemoteEnd();
    }
  }

  protected override onRemoteEnd(stream: ServerStream): void {
    stream.onRemoteEnd();
  }

  protected override onReset(stream: ServerStream): void {
    const early = !stream.headSent && this.outbound.nowMs - stream.beganMs < earlyMs;
    this.#tell(stream, 'client_gone');
    if (early) this.countReset();
  }

  protected override onStreamFault(stream: ServerStream): void {
    this.#tell(stream, 'protocol_error');
  }

  protected override onPeerSettings(): void {
    // All that counts was taken over.
  }

  protected override onGoaway(): void {
    this.#sink.onPeerGoaway();
  }

  protected override onPingAck(): void {
    this.#sink.onPingAck();
  }

  protected override onClosed(): void {
    if (this.openStreams === 0) this.#sink.onStreamsChanged(0);
  }

  protected override onEnd(streams: readonly ServerStream[], reason: SessionReason | null, code: ErrorCode): void {
    for (const stream of streams) this.#tell(stream, reason === null ? 'client_gone' : 'protocol_error');
    if (streams.length > 0) this.#sink.onStreamsChanged(0);
    if (reason !== null) this.#sink.onSessionError(reason, code);
  }

  protected override isIdle(id: number): boolean {
    return id > this.#highestId || (id & 1) === 0;
  }

  protected override isIgnored(id: number): boolean {
    return this.#goingAway && id > this.#lastServedId;
  }

  protected override get lastPeerStream(): number {
    return this.#lastServedId;
  }

  protected override get ofServer(): boolean {
    return true;
  }

  #isHeadLate(nowMs: number, timeoutMs: number): boolean {
    if (timeoutMs <= 0) return false;
    if (this.#cutFrame !== 0 && nowMs - this.#cutMs >= timeoutMs) return true;
    if (this.block.expectedId !== 0) return nowMs - this.block.beganMs >= timeoutMs;
    return !this.settingsReceived && this.#begunMs >= 0 && nowMs - this.#begunMs >= timeoutMs;
  }

  #tell(stream: ServerStream, reason: AbortReason): void {
    stream.finish()?.onRequestAbort(reason);
  }
}
