import { names, ResponseHead } from '@fairlead/message';
import { type ServerSession, ServerStream } from '@fairlead/wire';
import type { ClientPeer, ClientStream } from './client-stream.ts';

/** One request and its response on an HTTP/2 connection of a client. */
export class Http2Stream extends ServerStream implements ClientStream {
  readonly peer: ClientPeer;
  readonly protocolVersion: '2' = '2';

  constructor(session: ServerSession, id: number, peer: ClientPeer) {
    super(session, id);
    this.peer = peer;
  }

  override sendHead(head: ResponseHead, end: boolean): void {
    super.sendHead(head.status === 101 ? withoutAccept(head) : head, end);
  }
}

/** RFC 8441 §5: the answer to a WebSocket's key has no meaning over HTTP/2. */
function withoutAccept(head: ResponseHead): ResponseHead {
  const fields = head.fields.filter((field) => field.name !== names.secWebsocketAccept);
  return new ResponseHead(head.status, fields);
}
