import type { AbortReason, Field, UpstreamStream } from '@fairlead/message';
import type { ClientSession } from './client-session.ts';

/** One request sent to a server and its response. */
export class ClientStream implements UpstreamStream {
  readonly id: number;
  readonly session: ClientSession;

  constructor(session: ClientSession, id: number) {
    this.session = session;
    this.id = id;
  }

  sendData(_bytes: Uint8Array, _start: number, _end: number, _last: boolean): boolean {
    return true;
  }

  sendTrailers(_fields: readonly Field[]): void {}

  abort(_reason: AbortReason): void {}

  resumeResponse(): void {}
}
