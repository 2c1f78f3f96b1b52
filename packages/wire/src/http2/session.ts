import type { Octets } from '../octets.ts';
import { ErrorCode } from './error-code.ts';
import { FieldBlock } from './field-block.ts';
import { FloodGuard } from './flood-guard.ts';
import { FrameFlag, FrameType } from './frame.ts';
import { FrameReader, type FrameSink, readInt31, readInt32 } from './frame-reader.ts';
import { FrameWriter } from './frame-writer.ts';
import { HeaderDecoder } from './hpack/header-decoder.ts';
import type { HeaderEncoder } from './hpack/header-encoder.ts';
import { Inbound } from './inbound.ts';
import { Outbound, type QueueLimits } from './outbound.ts';
import { PeerSettings } from './peer-settings.ts';
import type { SessionOutput } from './session-output.ts';
import type { SessionReason } from './session-reason.ts';
import type { Http2SessionSettings } from './settings.ts';
import type { Stream } from './stream.ts';
import { Fate, StreamTable } from './stream-table.ts';

/** We don't ask for more than every decoder begins with (RFC 7541 §4.2). */
const headerTableBytes = 4_096;
/** Frames composed while the socket is behind, other than DATA, which waits then. */
const maxOverdueBytes = 4_194_304;
/** A field block in smaller frames than this costs its sender less than us. */
const smallContinuationBytes = 1_024;

/**
 * What both ends of an HTTP/2 connection do: frames and their place in the life of a stream (RFC 9113 §5.1 and §6), settings, windows, and
 * the end of the connection. What frames mean for requests and responses is `ServerSession`'s and `ClientSession`'s.
 *
 * If a receiver throws, the session is in no defined state and its connection has to be closed.
 */
export abstract class Session<S extends Stream> implements FrameSink {
  readonly settings: Http2SessionSettings;
  /** What streams send through. */
  readonly outbound: Outbound;
  readonly inbound: Inbound;
  protected readonly decoder: HeaderDecoder;
  protected readonly guard: FloodGuard;
  protected readonly peer: PeerSettings = new PeerSettings();
  protected readonly table: StreamTable<S> = new StreamTable();
  protected readonly writer: FrameWriter;
  /** An error has ended the session, or the socket has closed: nothing is read or sent any more. */
  protected failed: boolean = false;
  /** The peer has acknowledged our SETTINGS. */
  protected settingsAcked: boolean = false;
  protected settingsReceived: boolean = false;
  protected readonly block: FieldBlock = new FieldBlock();
  readonly #reader: FrameReader;
  /** The stream that the DATA frame in progress is for; null: it is dropped. */
  #dataStream: S | null = null;
  #dataEnds: boolean = false;
  #turnEnds: Stream[] = [];
  #pings: number = 0;

  constructor(settings: Http2SessionSettings, output: SessionOutput, encoder: HeaderEncoder, limits: QueueLimits) {
    const writer = new FrameWriter(output);
    this.settings = settings;
    this.writer = writer;
    this.outbound = new Outbound(writer, encoder, limits);
    this.inbound = new Inbound(settings, writer);
    this.decoder = new HeaderDecoder(headerTableBytes, settings);
    this.guard = new FloodGuard(settings);
    this.#reader = new FrameReader(this);
  }

  /** Open in at least one direction. */
  get openStreams(): number {
    return this.table.size;
  }

  /** Lends `bytes[start, end)`. */
  receive(bytes: Octets, start: number, end: number, nowMs: number): void {
    if (this.failed) return;
    this.outbound.nowMs = nowMs;
    this.#reader.read(bytes, start, end);
    if (this.writer.overdueBytes > maxOverdueBytes) this.fail(ErrorCode.enhanceYourCalm, 'output_flood');
    this.outbound.pump();
  }

  /** To be called at the end of a turn in which `SessionOutput.dirty` was. */
  flush(): void {
    try {
      this.outbound.pump();
      this.#endTurn();
    } finally {
      this.writer.flush();
    }
  }

  /** The socket is behind, or has drained: DATA waits, other frames go on. */
  outputBlocked(blocked: boolean): void {
    this.outbound.behind(blocked);
  }

  /** Asks the peer whether it lives; `onPingAck` follows. */
  ping(): void {
    if (this.failed) return;
    this.#pings++;
    this.writer.ping(0, 0, this.#pings);
  }

  /** The socket has closed: every receiver hears of it. */
  closed(): void {
    if (!this.failed) this.#end();
  }

  /** `stream.onTurnEnd` follows in `flush`. By streams. */
  atTurnEnd(stream: Stream): void {
    this.#turnEnds.push(stream);
    this.writer.wake();
  }

  /** A stream begins. */
  protected adopt(stream: S): void {
    this.guard.stream();
    this.inbound.adopt(stream);
    this.outbound.adopt(stream);
    this.table.add(stream);
  }

  /** RST_STREAM, and the stream is closed. By streams. */
  reset(stream: S, code: ErrorCode): void {
    if (stream.closed || this.failed) return;
    this.writer.rstStream(stream.id, code);
    this.close(stream, Fate.resetByUs);
  }

  /** Out of the table. By streams when both directions have ended. */
  close(stream: S, fate: Fate): void {
    stream.closed = true;
    this.outbound.drop(stream);
    this.table.close(stream.id, fate);
    this.onClosed();
  }

  // From the reader.

  onDataBegin(flags: number, id: number, length: number, padding: number): void {
    this.#dataStream = null;
    if (!this.#mayCome(FrameType.data, id)) return;
    if (id === 0) {
      this.fail(ErrorCode.protocolError, 'bad_frame');
      return;
    }
    if (!this.inbound.receive(length)) {
      this.fail(ErrorCode.flowControlError, 'flow_control');
      return;
    }
    const ends = (flags & FrameFlag.endStream) !== 0;
    if (length === padding && !ends) this.#countControl();
    if (this.failed) return;
    const stream = this.table.find(id);
    if (stream === null) this.#onLateData(id);
    else this.#beginData(stream, length, padding, ends);
  }

  onDataPart(bytes: Octets, start: number, end: number, final: boolean): void {
    const stream = this.#dataStream;
    if (stream === null || stream.closed) return;
    const last = final && this.#dataEnds;
    if (start === end && !last) return;
    if (last) stream.remoteEnded = true;
    // Its receiver may answer false and resume in any order: what it says within the call is not lost.
    stream.heldBack = true;
    if (stream.deliver(bytes, start, end, last)) stream.heldBack = false;
    if (stream.closed) return;
    if (last) this.onRemoteEnd(stream);
    else this.inbound.take(stream, end - start);
  }

  onFrame(type: number, flags: number, id: number, bytes: Octets, start: number, end: number): void {
    if (!this.#mayCome(type, id)) return;
    switch (type) {
      case FrameType.headers:
        this.#onBlock(this.block.begin(flags, id, bytes, start, end, this.outbound.nowMs));
        return;
      case FrameType.continuation:
        this.#onContinuation(flags, bytes, start, end);
        return;
      case FrameType.settings:
        this.#onSettings(flags, id, bytes, start, end);
        return;
      case FrameType.pushPromise:
        // Servers are told not to, clients must not (RFC 9113 §8.4).
        this.fail(ErrorCode.protocolError, 'bad_frame');
        return;
      case FrameType.goaway:
        this.#onGoaway(id, bytes, start, end);
        return;
      default:
        this.#countControl();
        if (!this.failed) this.#onControl(type, flags, id, bytes, start, end);
    }
  }

  onFrameFault(code: ErrorCode): void {
    this.fail(code, 'bad_frame');
  }

  /** See `FrameReader`. */
  protected get cutFrame(): number {
    return this.#reader.cutFrame;
  }

  // What ends of a connection differ in.

  /** A complete field block for `id` is in `decoder`. */
  protected abstract onFields(id: number, ends: boolean, selfDependent: boolean): void;
  /** No stream of that id can be there: neither side has opened it. */
  protected abstract isIdle(id: number): boolean;
  /** Frames of that stream are dropped, since we have sent GOAWAY. */
  protected abstract isIgnored(id: number): boolean;
  /** The peer's END_STREAM was received and delivered. */
  protected abstract onRemoteEnd(stream: S): void;
  /** The peer has reset the stream, which is closed. */
  protected abstract onReset(stream: S, code: number): void;
  /** The stream was reset for a fault of the peer. */
  protected abstract onStreamFault(stream: S): void;
  /** `first`: what was presumed until now holds no more. */
  protected abstract onPeerSettings(first: boolean): void;
  protected abstract onGoaway(lastId: number): void;
  protected abstract onPingAck(): void;
  /** A stream has left the table. */
  protected abstract onClosed(): void;
  /** The session has failed, or without `reason` its socket has closed; `streams` were open. */
  protected abstract onEnd(streams: readonly S[], reason: SessionReason | null, code: ErrorCode): void;
  /** For GOAWAY. */
  protected abstract readonly lastPeerStream: number;
  protected abstract readonly ofServer: boolean;

  // Errors.

  /** A connection error (RFC 9113 §5.4.1). */
  protected fail(code: ErrorCode, reason: SessionReason): void {
    if (this.failed) return;
    this.writer.goaway(this.lastPeerStream, code);
    this.#end(reason, code);
  }

  /** A stream error of the peer's making (RFC 9113 §5.4.2). */
  protected failStream(stream: S, code: ErrorCode): void {
    this.reset(stream, code);
    this.onStreamFault(stream);
    this.countReset();
  }

  protected countReset(): void {
    const reason = this.guard.reset(this.outbound.nowMs, this.outbound.dataFrames);
    if (reason !== null) this.fail(ErrorCode.enhanceYourCalm, reason);
  }

  /** A field block for a stream that is not there any more. */
  protected onLateFields(id: number): void {
    const fate = this.table.fateOf(id);
    if (fate === Fate.resetByUs || this.isIgnored(id)) return;
    if (fate === Fate.resetByPeer || fate === Fate.forgotten) this.#refuseLate(id);
    else if (fate === Fate.ended) this.fail(ErrorCode.streamClosed, 'bad_frame');
    else this.fail(ErrorCode.protocolError, 'bad_frame');
  }

  #end(reason: SessionReason | null = null, code: ErrorCode = ErrorCode.noError): void {
    this.failed = true;
    this.#reader.stop();
    const streams = this.table.open();
    for (const stream of streams) {
      stream.closed = true;
      this.outbound.drop(stream);
      this.table.close(stream.id, Fate.resetByUs);
    }
    this.onEnd(streams, reason, code);
  }

  /** RFC 9113 §5.1, closed: a stream error for frames behind RST_STREAM. */
  #refuseLate(id: number): void {
    this.writer.rstStream(id, ErrorCode.streamClosed);
    this.#countControl();
  }

  /** RFC 9113 §3.4: SETTINGS come first. §6.10: nothing comes between HEADERS and CONTINUATION. */
  #mayCome(type: number, id: number): boolean {
    const { expectedId } = this.block;
    const continues = type === FrameType.continuation;
    if (expectedId === 0 ? continues : !continues || id !== expectedId) this.fail(ErrorCode.protocolError, 'bad_frame');
    else if (!this.settingsReceived && type !== FrameType.settings) this.fail(ErrorCode.protocolError, 'bad_preface');
    return !this.failed;
  }

  #countControl(): void {
    const reason = this.guard.control(this.outbound.nowMs, this.outbound.dataFrames);
    if (reason !== null) this.fail(ErrorCode.enhanceYourCalm, reason);
  }

  #endTurn(): void {
    if (this.#turnEnds.length === 0) return;
    const streams = this.#turnEnds;
    this.#turnEnds = [];
    for (const stream of streams) stream.onTurnEnd();
  }

  // DATA.

  #onLateData(id: number): void {
    if (this.isIdle(id)) {
      this.fail(ErrorCode.protocolError, 'bad_frame');
      return;
    }
    const fate = this.table.fateOf(id);
    if (fate === Fate.resetByUs || this.isIgnored(id)) return;
    if (fate === Fate.ended) this.fail(ErrorCode.streamClosed, 'bad_frame');
    else this.#refuseLate(id);
  }

  #beginData(stream: S, length: number, padding: number, ends: boolean): void {
    const fault = this.#dataFault(stream, length, padding, ends);
    if (fault !== ErrorCode.noError) {
      this.failStream(stream, fault);
      return;
    }
    this.#dataStream = stream;
    this.#dataEnds = ends;
  }

  /** RFC 9113 §5.1, §6.9.1, §8.1.1. */
  #dataFault(stream: S, length: number, padding: number, ends: boolean): ErrorCode {
    if (stream.remoteEnded) return ErrorCode.streamClosed;
    if (!this.inbound.receiveFor(stream, length, padding)) return ErrorCode.flowControlError;
    if (!stream.takesData) return ErrorCode.protocolError;
    if (stream.unreceived < 0) return ErrorCode.noError;
    stream.unreceived -= length - padding;
    return stream.unreceived < 0 || (ends && stream.unreceived > 0) ? ErrorCode.protocolError : ErrorCode.noError;
  }

  // HEADERS and CONTINUATION.

  #onContinuation(flags: number, bytes: Octets, start: number, end: number): void {
    const ends = (flags & FrameFlag.endHeaders) !== 0;
    if (!ends && end - start < smallContinuationBytes) this.#countControl();
    if (!this.failed) this.#onBlock(this.block.append(flags, bytes, start, end));
  }

  #onBlock(fault: ErrorCode): void {
    const { block } = this;
    if (fault !== ErrorCode.noError) {
      this.fail(fault, fault === ErrorCode.enhanceYourCalm ? 'header_flood' : 'bad_frame');
      return;
    }
    if (block.expectedId !== 0) return;
    const decoded = this.decoder.decode(block.bytes!, block.start, block.end);
    block.release();
    if (decoded) this.onFields(block.id, block.endsStream, block.selfDependent);
    else this.fail(ErrorCode.compressionError, 'bad_compression');
  }

  // Other frames.

  #onControl(type: number, flags: number, id: number, bytes: Octets, start: number, end: number): void {
    switch (type) {
      case FrameType.priority:
        this.#onPriority(id, bytes, start, end);
        return;
      case FrameType.rstStream:
        this.#onRstStream(id, bytes, start, end);
        return;
      case FrameType.ping:
        this.#onPing(flags, id, bytes, start, end);
        return;
      case FrameType.windowUpdate:
        this.#onWindowUpdate(id, bytes, start, end);
        return;
      default:
      // RFC 9113 §4.1: what is not known is ignored.
    }
  }

  /** Says nothing to us, but has to be well-formed. */
  #onPriority(id: number, bytes: Octets, start: number, end: number): void {
    const misfit = end - start !== 5;
    const code = misfit ? ErrorCode.frameSizeError : ErrorCode.protocolError;
    if (id === 0) this.fail(ErrorCode.protocolError, 'bad_frame');
    else if (misfit || readInt31(bytes, start) === id) {
      const stream = this.table.find(id);
      if (stream === null) this.fail(code, 'bad_frame');
      else this.failStream(stream, code);
    }
  }

  #onRstStream(id: number, bytes: Octets, start: number, end: number): void {
    if (end - start !== 4) this.fail(ErrorCode.frameSizeError, 'bad_frame');
    else if (id === 0 || this.isIdle(id)) this.fail(ErrorCode.protocolError, 'bad_frame');
    if (this.failed) return;
    const stream = this.table.find(id);
    if (stream === null) return;
    this.close(stream, Fate.resetByPeer);
    this.onReset(stream, readInt32(bytes, start));
  }

  #onSettings(flags: number, id: number, bytes: Octets, start: number, end: number): void {
    this.#countControl();
    const ack = (flags & FrameFlag.ack) !== 0;
    const size = end - start;
    if (id !== 0) this.fail(ErrorCode.protocolError, 'bad_frame');
    else if (ack ? size !== 0 : size % 6 !== 0) this.fail(ErrorCode.frameSizeError, 'bad_frame');
    else if (ack && !this.settingsReceived) this.fail(ErrorCode.protocolError, 'bad_preface');
    if (this.failed) return;
    if (ack) {
      this.settingsAcked = true;
      this.inbound.settingsAcked();
    } else this.#applySettings(bytes, start, end);
  }

  #applySettings(bytes: Octets, start: number, end: number): void {
    const first = !this.settingsReceived;
    this.settingsReceived = true;
    const code = this.peer.read(bytes, start, end, !this.ofServer);
    if (code !== ErrorCode.noError) {
      this.fail(code, code === ErrorCode.flowControlError ? 'flow_control' : 'bad_settings');
      return;
    }
    if (!this.#applyWindow()) {
      this.fail(ErrorCode.flowControlError, 'flow_control');
      return;
    }
    this.outbound.encoder.setMaxTableBytes(this.peer.headerTableBytes);
    this.writer.settingsAck();
    this.onPeerSettings(first);
  }

  /** RFC 9113 §6.9.2: it changes the windows of open streams, too. */
  #applyWindow(): boolean {
    const change = this.peer.firstWindowBytes - this.outbound.firstStreamWindow;
    if (change === 0) return true;
    this.outbound.firstStreamWindow = this.peer.firstWindowBytes;
    let fits = true;
    for (const stream of this.table.open()) fits = this.outbound.widenStream(stream, change) && fits;
    return fits;
  }

  #onPing(flags: number, id: number, bytes: Octets, start: number, end: number): void {
    if (id !== 0) this.fail(ErrorCode.protocolError, 'bad_frame');
    else if (end - start !== 8) this.fail(ErrorCode.frameSizeError, 'bad_frame');
    else if ((flags & FrameFlag.ack) !== 0) this.onPingAck();
    else this.writer.ping(FrameFlag.ack, readInt32(bytes, start), readInt32(bytes, start + 4));
  }

  #onGoaway(id: number, bytes: Octets, start: number, end: number): void {
    this.#countControl();
    if (id !== 0) this.fail(ErrorCode.protocolError, 'bad_frame');
    else if (end - start < 8) this.fail(ErrorCode.frameSizeError, 'bad_frame');
    else if (!this.failed) this.onGoaway(readInt31(bytes, start));
  }

  #onWindowUpdate(id: number, bytes: Octets, start: number, end: number): void {
    if (end - start !== 4) {
      this.fail(ErrorCode.frameSizeError, 'bad_frame');
      return;
    }
    const size = readInt31(bytes, start);
    if (id === 0) this.#widenConnection(size);
    else this.#widenStream(id, size);
  }

  #widenConnection(size: number): void {
    if (size === 0) this.fail(ErrorCode.protocolError, 'bad_frame');
    else if (!this.outbound.widen(size)) this.fail(ErrorCode.flowControlError, 'flow_control');
  }

  #widenStream(id: number, size: number): void {
    const stream = this.table.find(id);
    if (stream === null) {
      if (this.isIdle(id)) this.fail(ErrorCode.protocolError, 'bad_frame');
    } else if (size === 0) this.failStream(stream, ErrorCode.protocolError);
    else if (!this.outbound.widenStream(stream, size)) this.failStream(stream, ErrorCode.flowControlError);
  }
}
