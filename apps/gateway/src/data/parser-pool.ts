import type { Field, RequestHead } from '@fairlead/message';
import { type Http1Limits, type Octets, RequestParser, type RequestSink } from '@fairlead/wire';

/** A parser lent to a connection, for as long as that has a request in progress. */
export class ParserSlot implements RequestSink {
  readonly parser: RequestParser;
  readonly limits: Http1Limits;
  sink: RequestSink | null = null;

  constructor(limits: Http1Limits, scheme: 'http' | 'https') {
    this.limits = limits;
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

/** Parsers with the same limits that nobody uses now. */
class Spare {
  readonly http: ParserSlot[] = [];
  readonly https: ParserSlot[] = [];
}

/** Parsers of one worker. An idle connection has none: ten thousand of them must cost next to nothing. */
export class ParserPool {
  /** Limits that a policy no longer sets take their parsers with them. */
  readonly #byLimits = new WeakMap<Http1Limits, Spare>();
  /** What was asked for last: mostly there is but one. */
  #limits: Http1Limits | null = null;
  #spare: Spare = new Spare();

  /** `limits` are told apart by identity. */
  take(limits: Http1Limits, secure: boolean, sink: RequestSink): ParserSlot {
    const { http, https } = this.#spareOf(limits);
    const slot = (secure ? https : http).pop() ?? new ParserSlot(limits, secure ? 'https' : 'http');
    slot.sink = sink;
    return slot;
  }

  /** Only with a parser that stands before a message. */
  give(slot: ParserSlot, secure: boolean): void {
    slot.sink = null;
    const { http, https } = this.#spareOf(slot.limits);
    const spare = secure ? https : http;
    if (spare.length < maxSpare) spare.push(slot);
  }

  #spareOf(limits: Http1Limits): Spare {
    if (limits === this.#limits) return this.#spare;
    let spare = this.#byLimits.get(limits);
    if (spare === undefined) {
      spare = new Spare();
      this.#byLimits.set(limits, spare);
    }
    this.#limits = limits;
    this.#spare = spare;
    return spare;
  }
}
