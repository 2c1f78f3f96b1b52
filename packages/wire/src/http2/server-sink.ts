import type { RequestHead, RequestReceiver } from '@fairlead/message';
import type { WireError } from '../http1/wire-error.ts';
import type { ServerSession } from './server-session.ts';
import type { ServerStream } from './server-stream.ts';
import type { SessionReason } from './session-reason.ts';

/** Where a server session tells what happens. Calls come from within `receive`, `sweep`, `flush`, and those of a stream. */
export interface ServerSink {
  /** The stream of a request that begins; an own class may extend `ServerStream` and is what `onRequest` gets. */
  createStream(session: ServerSession, id: number): ServerStream;
  /** `end`: no body follows. */
  onRequest(head: RequestHead, end: boolean, stream: ServerStream): RequestReceiver;
  /**
   * A request is malformed, too large, or too much. On `stream` it may be answered within the call, otherwise it gets the status of `error`
   * alone. Without a stream it was reset.
   */
  onRequestRefused(error: WireError, stream: ServerStream | null): void;
  /** `open` streams: the first has begun or the last has ended. */
  onStreamsChanged(open: number): void;
  /** GOAWAY was written and every receiver told; the owner flushes, and closes after a linger. */
  onSessionError(reason: SessionReason, code: number): void;
  /** The client will open no more streams. */
  onPeerGoaway(): void;
  onPingAck(): void;
}
