import type { Octets } from '../octets.ts';
import type { StreamDeadlines } from './deadlines.ts';
import type { ServerSink } from './server-sink.ts';
import type { SessionOutput } from './session-output.ts';
import type { Http2SessionSettings } from './settings.ts';

/** The server's end of one HTTP/2 connection: octets in, exchanges and octets out. */
export class ServerSession {
  readonly settings: Http2SessionSettings;
  readonly output: SessionOutput;
  readonly sink: ServerSink;
  /** Requests whose stream is not closed in both directions. */
  openStreams: number = 0;

  constructor(settings: Http2SessionSettings, output: SessionOutput, sink: ServerSink) {
    this.settings = settings;
    this.output = output;
    this.sink = sink;
  }

  /** `goaway` was called or received an error, and no stream is open. */
  get done(): boolean {
    return false;
  }

  /** Writes SETTINGS. */
  start(): void {}

  /** Lends `bytes[start, end)`, the preface included. */
  receive(_bytes: Octets, _start: number, _end: number, _nowMs: number): void {}

  flush(): void {}

  /** The socket is behind, or has drained: DATA waits, other frames go on. */
  outputBlocked(_blocked: boolean): void {}

  /** Resets streams, and ends sessions, that break `deadlines`. */
  sweep(_nowMs: number, _deadlines: StreamDeadlines): void {}

  ping(): void {}

  /** Asks the client to open no more streams; those on the way are still served (RFC 9113 §6.8). */
  goawaySoon(): void {}

  /** Streams that the client opens from now on are not served. */
  goaway(): void {}

  /** The socket has closed: every receiver hears `onRequestAbort('client_gone')`. */
  closed(): void {}
}
