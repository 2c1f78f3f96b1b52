import type { AbortReason, DownstreamStream, Field, ResponseHead } from '@fairlead/message';
import type { ServerSession } from './server-session.ts';

/** One request and its response on an HTTP/2 connection. */
export class ServerStream implements DownstreamStream {
  readonly id: number;
  readonly session: ServerSession;

  constructor(session: ServerSession, id: number) {
    this.session = session;
    this.id = id;
  }

  /** The response has ended or the stream was reset: later calls are ignored, and the receiver is not called again. */
  get over(): boolean {
    return false;
  }

  sendInfo(_head: ResponseHead): void {}

  sendHead(_head: ResponseHead, _end: boolean): void {}

  sendData(_bytes: Uint8Array, _start: number, _end: number, _last: boolean): boolean {
    return true;
  }

  sendTrailers(_fields: readonly Field[]): void {}

  abort(_reason: AbortReason): void {}

  resumeRequest(): void {}
}
