import type { Field, RequestHead } from '@fairlead/message';
import { type Http1Limits, type Octets, RequestParser, type RequestSink } from '@fairlead/wire';

/** A parser lent to a connection, for as long as that has a request in progress. */
export class ParserSlot implements RequestSink {
  readonly parser: RequestParser;
  sink: RequestSink | null = null;

  constructor(limits: Http1Limits, scheme: 'http' | 'https') {
    this.parser = new RequestParser(limits, scheme, this);
  }

  onHead(head: RequestHead, end: boolean, http10: boolean, keepAlive: boolean): void {
    this.sink!.onHead(head, end, http10, keepAlive);
  }

  onBody(bytes: Octets, start: number, end: number, last: boolean): void {
    this.sink!.onBody(bytes, start, end, last);
  }

  onTrailers(fields: readonly Field[]): void {
    this.sink!.onTrailers(fields);
  }
}

const maxSpare = 256;

/** Parsers of one worker. An idle connection has none: ten thousand of them must cost next to nothing. */
export class ParserPool {
  readonly #limits: Http1Limits;
  readonly #http: ParserSlot[] = [];
  readonly #https: ParserSlot[] = [];

  constructor(limits: Http1Limits) {
    this.#limits = limits;
  }

  take(secure: boolean, sink: RequestSink): ParserSlot {
    const slot = (secure ? this.#https : this.#http).pop() ?? new ParserSlot(this.#limits, secure ? 'https' : 'http');
    slot.sink = sink;
    return slot;
  }

  /** Only with a parser that stands before a message. */
  give(slot: ParserSlot, secure: boolean): void {
    slot.sink = null;
    const spare = secure ? this.#https : this.#http;
    if (spare.length < maxSpare) spare.push(slot);
  }
}
