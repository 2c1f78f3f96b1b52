import type { AbortReason, Field, RequestHead, RequestReceiver, ResponseHead } from '@fairlead/message';
import {
  type Http2ServerSettings,
  ServerSession,
  type ServerSink,
  ServerStream,
  type SessionReason,
} from '../../src/index.ts';
import { MemoryOutput } from './memory-output.ts';
import { describeFrame, parseFrames, preface, settingsFrame } from './raw-frames.ts';
import { settings } from './settings.ts';

/** An exchange as a server sees it. */
export class RecordedRequest implements RequestReceiver {
  readonly head: RequestHead;
  readonly end: boolean;
  readonly stream: ServerStream;
  body: Buffer = Buffer.alloc(0);
  complete: boolean;
  trailers: readonly Field[] | null = null;
  aborted: AbortReason | null = null;
  drained: number = 0;
  /** What `onRequestData` answers. */
  takes: boolean = true;

  constructor(head: RequestHead, end: boolean, stream: ServerStream) {
    this.head = head;
    this.end = end;
    this.stream = stream;
    this.complete = end;
  }

  onRequestData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    this.body = Buffer.concat([this.body, bytes.subarray(start, end)]);
    if (last) this.complete = true;
    return this.takes;
  }

  onRequestTrailers(fields: readonly Field[]): void {
    this.trailers = fields;
    this.complete = true;
  }

  onRequestAbort(reason: AbortReason): void {
    if (this.aborted !== null) throw new Error('Aborted twice.');
    this.aborted = reason;
  }

  onResponseDrained(): void {
    this.drained++;
  }
}

/** A server session that raw frames are given to, and what comes of them. */
export class ServerFixture implements ServerSink {
  readonly output: MemoryOutput = new MemoryOutput();
  readonly session: ServerSession;
  readonly requests: RecordedRequest[] = [];
  readonly refused: string[] = [];
  readonly opens: number[] = [];
  error: SessionReason | null = null;
  goaways: number = 0;
  acks: number = 0;
  nowMs: number = 1_000;
  /** Sent before anything was received. */
  readonly greeting: readonly string[];
  /** Called within `onRequest`. */
  respond: (request: RecordedRequest) => void = () => {};

  constructor(own: Partial<Http2ServerSettings> = {}, handshake: boolean = true) {
    this.session = new ServerSession({ ...settings, ...own }, this.output, this);
    this.session.start();
    this.greeting = this.sent();
    if (handshake) this.send(preface, settingsFrame());
  }

  /** Returns what the session sends for it. */
  send(...frames: readonly Buffer[]): string[] {
    const bytes = Buffer.concat(frames);
    this.session.receive(bytes, 0, bytes.length, this.nowMs);
    return this.sent();
  }

  sent(): string[] {
    this.session.flush();
    return parseFrames(this.output.drain()).map(describeFrame);
  }

  get last(): RecordedRequest {
    return this.requests.at(-1)!;
  }

  createStream(session: ServerSession, id: number): ServerStream {
    return new ServerStream(session, id);
  }

  onRequest(head: RequestHead, end: boolean, stream: ServerStream): RequestReceiver {
    const request = new RecordedRequest(head, end, stream);
    this.requests.push(request);
    this.respond(request);
    return request;
  }

  onRequestRefused(error: { readonly code: string }): void {
    this.refused.push(error.code);
  }

  onStreamsChanged(open: number): void {
    this.opens.push(open);
  }

  onSessionError(reason: SessionReason): void {
    this.error = reason;
  }

  onPeerGoaway(): void {
    this.goaways++;
  }

  onPingAck(): void {
    this.acks++;
  }
}

export function respondWith(head: ResponseHead, body: string = ''): (request: RecordedRequest) => void {
  return ({ stream }) => {
    stream.sendHead(head, body === '');
    if (body !== '') stream.sendData(Buffer.from(body), 0, body.length, true);
  };
}
