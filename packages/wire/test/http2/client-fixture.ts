import {
  type Field,
  RequestHead,
  type ResponseHead,
  type ResponseReceiver,
  type UpstreamFailure,
} from '@fairlead/message';
import {
  ClientSession,
  type ClientSink,
  type ClientStream,
  type Http2SessionSettings,
  type SessionReason,
} from '../../src/index.ts';
import { MemoryOutput } from './memory-output.ts';
import { describeFrame, parseFrames, preface, settingsFrame } from './raw-frames.ts';
import { settings } from './settings.ts';

/** An exchange as a client sees it. */
export class RecordedResponse implements ResponseReceiver {
  stream: ClientStream | null = null;
  readonly infos: number[] = [];
  head: ResponseHead | null = null;
  body: Buffer = Buffer.alloc(0);
  complete: boolean = false;
  trailers: readonly Field[] | null = null;
  failure: UpstreamFailure | null = null;
  drained: number = 0;
  /** What `onResponseData` answers. */
  takes: boolean = true;

  onResponseInfo(head: ResponseHead): void {
    this.infos.push(head.status);
  }

  onResponseHead(head: ResponseHead, end: boolean): void {
    if (this.head !== null) throw new Error('Two heads.');
    this.head = head;
    this.complete = end;
  }

  onResponseData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (this.complete) throw new Error('More behind the end.');
    this.body = Buffer.concat([this.body, bytes.subarray(start, end)]);
    this.complete = last;
    return this.takes;
  }

  onResponseTrailers(fields: readonly Field[]): void {
    if (this.complete) throw new Error('Trailers behind the end.');
    this.trailers = fields;
    this.complete = true;
  }

  onUpstreamFailure(failure: UpstreamFailure): void {
    // Of a tunnel the other direction may be open.
    const over = this.complete && this.head?.status !== 101;
    if (over || this.failure !== null) throw new Error('A failure behind the end.');
    this.failure = failure;
  }

  onRequestDrained(): void {
    this.drained++;
  }
}

/** A client session that raw frames are given to, and what comes of them. */
export class ClientFixture implements ClientSink {
  readonly output: MemoryOutput = new MemoryOutput();
  readonly session: ClientSession;
  readonly ready: number[] = [];
  readonly goaways: number[] = [];
  error: SessionReason | null = null;
  acks: number = 0;
  idles: number = 0;
  capacities: number = 0;

  constructor(own: Partial<Http2SessionSettings> = {}, handshake: boolean = true) {
    this.session = new ClientSession({ ...settings, ...own }, this.output, this);
    this.session.start();
    this.session.flush();
    const greeting = this.output.drain();
    if (!greeting.subarray(0, preface.length).equals(preface)) throw new Error('No preface.');
    if (handshake) this.send(settingsFrame());
  }

  send(...frames: readonly Buffer[]): string[] {
    const bytes = Buffer.concat(frames);
    this.session.receive(bytes, 0, bytes.length, 1_000);
    return this.sent();
  }

  sent(): string[] {
    this.session.flush();
    return parseFrames(this.output.drain()).map(describeFrame);
  }

  open(method: string = 'GET', end: boolean = true, edit: (head: RequestHead) => void = () => {}): RecordedResponse {
    const head = new RequestHead(method, 'http', 'a.example', '/', []);
    edit(head);
    const response = new RecordedResponse();
    response.stream = this.session.open(head, end, response);
    return response;
  }

  onReady(maxStreams: number): void {
    this.ready.push(maxStreams);
  }

  onCapacity(): void {
    this.capacities++;
  }

  onGoaway(lastId: number): void {
    this.goaways.push(lastId);
  }

  onSessionError(reason: SessionReason): void {
    this.error = reason;
  }

  onPingAck(): void {
    this.acks++;
  }

  onIdle(): void {
    this.idles++;
  }
}
