import { ResponseHead } from '@fairlead/message';
import type { Octets } from '../octets.ts';
import { BodyReader, type BodySink } from './body-reader.ts';
import { ConnectionBit } from './field-line.ts';
import { FieldSection, SectionKind } from './field-section.ts';
import { type Http1Limits, maxInterim } from './limits.ts';
import { MessageParser } from './message-parser.ts';
import { maxStatusLineBytes, StatusLineReader } from './status-line.ts';
import { type WireError, wireErrors } from './wire-error.ts';

/** Where responses go. Calls come from within `parse`, or `finish`. */
export interface ResponseSink extends BodySink {
  /** An interim response; at most 8 before a final one. */
  onInfo(head: ResponseHead): void;
  /**
   * A final response, or a 101: after that the connection is a tunnel, `parse` has returned the offset where it begins and is not called any
   * more. `end`: no body follows.
   */
  onHead(head: ResponseHead, end: boolean): void;
}

const Phase = { start: 0, fields: 1, body: 2 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/**
 * Reads the responses of one connection, as strictly as `RequestParser` reads requests: one Content-Length or one `Transfer-Encoding: chunked`
 * or, without both, a body until the peer closes. Responses to HEAD, 204 and 304 have none, and keep the Content-Length they declare. Errors
 * have status 502.
 *
 * Bytes that arrive while `idle`, or that `parse` leaves behind a complete response, were not asked for: the connection must be discarded.
 */
export class ResponseParser extends MessageParser {
  /** After the response is complete: whether the peer takes another request. */
  keepAlive: boolean = false;
  /** After the response is complete: for how many seconds the peer says it keeps the connection when idle; -1 when it does not say. */
  keepAliveSeconds: number = -1;
  readonly #sink: ResponseSink;
  readonly #statusLine: StatusLineReader = new StatusLineReader();
  readonly #section: FieldSection;
  readonly #body: BodyReader;
  #phase: Phase = Phase.start;
  #toHead: boolean = false;
  #interim: number = 0;

  constructor(limits: Http1Limits, sink: ResponseSink) {
    super();
    this.#sink = sink;
    this.#section = new FieldSection(limits);
    this.#body = new BodyReader(sink, this.#section, SectionKind.responseTrailers);
  }

  /** Not a byte of the response was seen. */
  get idle(): boolean {
    return this.#phase === Phase.start && this.partial.size === 0 && this.#interim === 0;
  }

  /** To be called before each response, with the method it answers. */
  begin(method: string): void {
    this.complete = false;
    this.keepAlive = false;
    this.#phase = Phase.start;
    this.#toHead = method === 'HEAD';
    this.#interim = 0;
  }

  /** The peer has closed. True: that was the end of the response, and the sink got its last. False: the response is cut off. */
  finish(): boolean {
    if (this.error !== null || this.complete || this.#phase !== Phase.body || !this.#body.finish()) return false;
    this.complete = true;
    return true;
  }

  protected override step(bytes: Octets, at: number, end: number): number {
    if (this.#phase === Phase.start) return this.#readStart(bytes, at, end);
    if (this.#phase === Phase.fields) return this.#readFields(bytes, at, end);
    const next = this.#body.read(bytes, at, end);
    if (next < 0) return this.#fail(this.#body.error!);
    this.complete = this.#body.complete;
    return next;
  }

  protected override get lineRoom(): number {
    if (this.#phase === Phase.body) return this.#body.lineRoom;
    return this.#phase === Phase.fields ? this.#section.room + 1 : maxStatusLineBytes;
  }

  #readStart(bytes: Octets, at: number, end: number): number {
    const next = this.#statusLine.read(bytes, at, end);
    if (next < 0) return this.#fail(wireErrors.statusLine);
    if (next === at) return at;
    this.#section.begin(SectionKind.response);
    this.#phase = Phase.fields;
    return next;
  }

  #readFields(bytes: Octets, at: number, end: number): number {
    const section = this.#section;
    const next = section.read(bytes, at, end);
    if (next < 0) return this.#fail(section.error!);
    if (!section.done) return next;
    const error = this.#fault();
    if (error !== null) return this.#fail(error);
    this.#deliverHead(bytes);
    return next;
  }

  /** What is wrong with the head as a whole. */
  #fault(): WireError | null {
    const { chunked, contentLength } = this.#section;
    const { status, http10 } = this.#statusLine;
    if (chunked && contentLength >= 0) return wireErrors.lengthAndCoding;
    if (chunked && http10) return wireErrors.codingInHttp10;
    if (status >= 200) return null;
    if (chunked || contentLength > 0) return wireErrors.interimFraming;
    return status === 101 ? this.#switchingFault() : this.#interimFault();
  }

  #switchingFault(): WireError | null {
    const { upgrade, connection } = this.#section;
    return upgrade === '' || (connection & ConnectionBit.upgrade) === 0 ? wireErrors.switching : null;
  }

  #interimFault(): WireError | null {
    this.#interim++;
    return this.#interim > maxInterim ? wireErrors.interimCount : null;
  }

  #deliverHead(bytes: Octets): void {
    const { status } = this.#statusLine;
    const section = this.#section;
    const head = new ResponseHead(status, section.fields);
    if (status === 101) this.#switch(head);
    else if (status < 200) {
      this.#phase = Phase.start;
      this.#sink.onInfo(head);
    } else this.#deliverFinal(head, bytes);
  }

  #deliverFinal(head: ResponseHead, bytes: Octets): void {
    head.contentLength = this.#section.contentLength;
    this.keepAlive = this.#wantsNext(head.status);
    this.keepAliveSeconds = this.#section.keepAliveSeconds;
    const end = this.#beginBody(bytes, head.status);
    this.#sink.onHead(head, end);
  }

  #switch(head: ResponseHead): void {
    head.upgrade = this.#section.upgrade;
    this.complete = true;
    this.#sink.onHead(head, false);
  }

  #wantsNext(status: number): boolean {
    const { connection, chunked } = this.#section;
    if ((connection & ConnectionBit.close) !== 0) return false;
    // A server that frames a body which can not be might send it, too.
    if (status === 204 && chunked) return false;
    return !this.#statusLine.http10 || (connection & ConnectionBit.keepAlive) !== 0;
  }

  /** Whether there is no body. */
  #beginBody(bytes: Octets, status: number): boolean {
    const { chunked, contentLength } = this.#section;
    this.#phase = Phase.body;
    if (this.#toHead || status === 204 || status === 304 || contentLength === 0) {
      this.complete = true;
      return true;
    }
    if (chunked) this.#body.beginChunks();
    else if (contentLength > 0) this.#body.beginLength(contentLength);
    else {
      this.keepAlive = false;
      this.#body.beginUntilClose(bytes);
    }
    return false;
  }

  #fail(error: WireError): -1 {
    this.error = { ...error, status: 502 };
    return -1;
  }
}
