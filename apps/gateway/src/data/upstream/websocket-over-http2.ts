import { createHash } from 'node:crypto';
import {
  Field,
  findField,
  names,
  RequestHead,
  type ResponseHead,
  type ResponseReceiver,
  type UpstreamFailure,
} from '@fairlead/message';

/** RFC 6455 §1.3. */
const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The head of an upgrade as it goes over HTTP/2, where the key has no meaning (RFC 8441 §5). Another try may need the key: this is a copy. */
export function withoutWebSocketKey(head: RequestHead): RequestHead {
  const fields = head.fields.filter((field) => field.name !== names.secWebsocketKey);
  const copy = new RequestHead(head.method, head.scheme, head.authority, head.path, fields);
  copy.contentLength = head.contentLength;
  copy.upgrade = head.upgrade;
  return copy;
}

/** Stands between an HTTP/2 endpoint and the exchange of an upgrade: adds to the answer what a client of HTTP/1.1 wants to see there. */
export class WebSocketReceiver implements ResponseReceiver {
  readonly #receiver: ResponseReceiver;
  readonly #request: RequestHead;

  constructor(receiver: ResponseReceiver, request: RequestHead) {
    this.#receiver = receiver;
    this.#request = request;
  }

  onResponseInfo(head: ResponseHead): void {
    this.#receiver.onResponseInfo(head);
  }

  onResponseHead(head: ResponseHead, end: boolean): void {
    if (head.status === 101) this.#accept(head);
    this.#receiver.onResponseHead(head, end);
  }

  onResponseData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    return this.#receiver.onResponseData(bytes, start, end, last);
  }

  onResponseTrailers(fields: readonly Field[]): void {
    this.#receiver.onResponseTrailers(fields);
  }

  onUpstreamFailure(failure: UpstreamFailure): void {
    this.#receiver.onUpstreamFailure(failure);
  }

  onRequestDrained(): void {
    this.#receiver.onRequestDrained();
  }

  #accept(head: ResponseHead): void {
    head.upgrade = this.#request.upgrade;
    const key = findField(this.#request.fields, names.secWebsocketKey);
    if (key === null) return;
    head.fields = head.fields.filter((field) => field.name !== names.secWebsocketAccept);
    head.fields.push(new Field(names.secWebsocketAccept, acceptOf(key.value)));
  }
}

function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + acceptSuffix)
    .digest('base64');
}
