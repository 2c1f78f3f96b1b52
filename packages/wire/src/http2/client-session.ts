import type { RequestHead, ResponseReceiver } from '@fairlead/message';
import type { Octets } from '../octets.ts';
import { ClientStream } from './client-stream.ts';
import type { SessionOutput } from './session-output.ts';
import type { SessionReason } from './session-reason.ts';
import type { Http2SessionSettings } from './settings.ts';

/** Where a client session tells what happens. Calls come from within `receive`, `flush`, and a stream's `abort`. */
export interface ClientSink {
  /** The server's first SETTINGS have come: it allows `maxStreams` at once. */
  onReady(maxStreams: number): void;
  /** A stream has closed or the limit has changed: `capacity` may be more. */
  onCapacity(): void;
  /** The server takes no new streams; those above `lastId` were told already. */
  onGoaway(lastId: number): void;
  onSessionError(reason: SessionReason, code: number): void;
  onPingAck(): void;
  /** The last open stream has closed. */
  onIdle(): void;
}

/** The client's end of one HTTP/2 connection: exchanges and octets in, octets out. */
export class ClientSession {
  readonly settings: Http2SessionSettings;
  readonly output: SessionOutput;
  readonly sink: ClientSink;
  openStreams: number = 0;

  constructor(settings: Http2SessionSettings, output: SessionOutput, sink: ClientSink) {
    this.settings = settings;
    this.output = output;
    this.sink = sink;
  }

  /** Streams that may be opened now. Before the server's SETTINGS have come, up to 100 (RFC 9113 §6.5.2). */
  get capacity(): number {
    return 0;
  }

  /** The server takes extended CONNECT (RFC 8441). */
  get extendedConnect(): boolean {
    return false;
  }

  /** `goaway` was called or received, or an error has ended the session; and no stream is open. */
  get done(): boolean {
    return false;
  }

  /** Writes the preface and SETTINGS. */
  start(): void {}

  receive(_bytes: Octets, _start: number, _end: number, _nowMs: number): void {}

  flush(): void {}

  outputBlocked(_blocked: boolean): void {}

  ping(): void {}

  /** No stream will be opened any more. */
  goaway(): void {}

  /** Only while `capacity` > 0. `end`: no body follows. */
  open(_head: RequestHead, _end: boolean, _receiver: ResponseReceiver): ClientStream {
    return new ClientStream(this, 1);
  }

  /** The socket has closed: receivers hear `onUpstreamFailure`. */
  closed(): void {}
}
