import type { RequestHead, RequestReceiver } from '@fairlead/message';
import type { ServerSession } from './server-session.ts';
import type { ServerStream } from './server-stream.ts';
import type { SessionReason } from './session-reason.ts';

/** Where a server session tells what happens. Calls come from within `receive`, `sweep` and `flush`. */
export interface ServerSink {
  /** The stream of a request that begins; an own class may extend `ServerStream` and is what `onRequest` gets. */
  createStream(session: ServerSession, id: number): ServerStream;
  /** `end`: no body follows. */
  onRequest(head: RequestHead, end: boolean, stream: ServerStream): RequestReceiver;
  /** A request was reset or answered by the session itself: it is malformed, too large, or too much. */
  onRequestRefused(reason: string): void;
  /** `open` streams: the first has begun or the last has ended. */
  onStreamsChanged(open: number): void;
  /** GOAWAY was written and every receiver told; the owner flushes, and closes after a linger. */
  onSessionError(reason: SessionReason, code: number): void;
  /** The client will open no more streams. */
  onPeerGoaway(): void;
  onPingAck(): void;
}
