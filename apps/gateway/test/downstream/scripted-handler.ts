import {
  type AbortReason,
  type Field,
  type RequestHandler,
  type RequestHead,
  type RequestReceiver,
  ResponseHead,
} from '@fairlead/message';
import type { ClientStream } from '../../src/data/client-stream.ts';
import { until } from './raw-client.ts';

/** One exchange as the pipeline would see it, with everything that happened to it. */
export class ScriptedExchange implements RequestReceiver {
  readonly head: RequestHead;
  readonly stream: ClientStream;
  /** Latin1; of long bodies see `bytes`. */
  body: string = '';
  bytes: number = 0;
  ended: boolean;
  trailers: readonly Field[] = [];
  aborted: AbortReason | null = null;
  drained: number = 0;
  /** What `onRequestData` returns. */
  accepts: boolean = true;
  keepsBody: boolean = true;
  onData: (last: boolean) => void = () => {};
  onDrained: () => void = () => {};

  constructor(head: RequestHead, end: boolean, stream: ClientStream) {
    this.head = head;
    this.stream = stream;
    this.ended = end;
  }

  onRequestData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    this.bytes += end - start;
    if (this.keepsBody) this.body += Buffer.from(bytes.subarray(start, end)).latin1Slice();
    if (last) this.ended = true;
    this.onData(last);
    return this.accepts;
  }

  onRequestTrailers(fields: readonly Field[]): void {
    this.trailers = fields;
    this.ended = true;
    this.onData(true);
  }

  onRequestAbort(reason: AbortReason): void {
    this.aborted = reason;
  }

  onResponseDrained(): void {
    this.drained++;
    this.onDrained();
  }

  /** A whole response with a length. */
  answer(text: string, status: number = 200): void {
    const head = new ResponseHead(status, []);
    head.contentLength = text.length;
    this.stream.sendHead(head, text === '');
    if (text !== '') this.stream.sendData(Buffer.from(text, 'latin1'), 0, text.length, true);
  }

  /** The head of a response of unknown length. */
  begin(status: number = 200): void {
    this.stream.sendHead(new ResponseHead(status, []), false);
  }

  send(text: string, last: boolean = false): boolean {
    return this.stream.sendData(Buffer.from(text, 'latin1'), 0, text.length, last);
  }
}

/** Collects exchanges, or answers them at once by `script`. */
export class ScriptedHandler implements RequestHandler<ClientStream> {
  readonly exchanges: ScriptedExchange[] = [];
  script: (exchange: ScriptedExchange) => void = () => {};

  onRequest(head: RequestHead, end: boolean, stream: ClientStream): RequestReceiver {
    const exchange = new ScriptedExchange(head, end, stream);
    this.exchanges.push(exchange);
    this.script(exchange);
    return exchange;
  }

  async exchange(index: number = 0): Promise<ScriptedExchange> {
    await until(
      () => this.exchanges.length > index,
      () => `exchange ${index}`,
    );
    return this.exchanges[index]!;
  }
}
