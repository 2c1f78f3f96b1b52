import { RequestHead } from '@fairlead/message';
import type { Octets } from '../octets.ts';
import { sameAuthority } from './authority.ts';
import { BodyReader, type BodySink } from './body-reader.ts';
import { Byte } from './byte-class.ts';
import { ConnectionBit } from './field-line.ts';
import { FieldSection, SectionKind } from './field-section.ts';
import { type Http1Limits, maxBlankLines } from './limits.ts';
import { MessageParser } from './message-parser.ts';
import { type RequestLine, RequestLineReader, requestLineOverhead } from './request-line.ts';
import { type WireError, wireErrors } from './wire-error.ts';

/** Where requests go. Calls come from within `parse`. */
export interface RequestSink extends BodySink {
  /** `end`: there is no body. `keepAlive`: the client wants to use the connection again. */
  onHead(head: RequestHead, end: boolean, http10: boolean, keepAlive: boolean): void;
}

const Phase = { start: 0, fields: 1, body: 2 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

/**
 * Reads the requests of one connection, strictly: what could be read in two ways is refused (`wireErrors` lists it all), because the next
 * server might read it the other way.
 *
 * - Lines end with CRLF; no folded lines, no whitespace before the colon, no control characters, up to four empty lines before a request.
 * - Methods are those registered, without CONNECT and TRACE; versions 1.0 and 1.1; targets in origin-form, absolute-form of this scheme, or `*`.
 * - One valid Host, which agrees with an absolute-form target; only HTTP/1.0 may do without.
 * - One Content-Length or one `Transfer-Encoding: chunked`, never both.
 * - Fields of the connection, and those that Connection names, are taken out. Upgrade and Expect are nothing to HTTP/1.0, an Upgrade to h2c
 *   to nobody (clients send it with bodies, too); any other with a body is refused, because servers differ on what follows it. `Expect`
 *   without a body is dropped (RFC 9110 §10.1.1).
 */
export class RequestParser extends MessageParser {
  readonly #scheme: 'http' | 'https';
  readonly #sink: RequestSink;
  readonly #startLine: RequestLineReader;
  readonly #section: FieldSection;
  readonly #body: BodyReader;
  readonly #longestStartLine: number;
  #phase: Phase = Phase.start;
  #blankLines: number = 0;

  constructor(limits: Http1Limits, scheme: 'http' | 'https', sink: RequestSink) {
    super();
    this.#scheme = scheme;
    this.#sink = sink;
    this.#startLine = new RequestLineReader(limits.maxTargetBytes);
    this.#section = new FieldSection(limits);
    this.#body = new BodyReader(sink, this.#section, SectionKind.requestTrailers);
    this.#longestStartLine = limits.maxTargetBytes + requestLineOverhead;
  }

  /** Not a byte of a message was seen; one empty line is none. */
  get idle(): boolean {
    return this.#phase === Phase.start && this.partial.size === 0 && this.#blankLines <= 1;
  }

  /** To be called between a complete message and the next. */
  next(): void {
    this.complete = false;
    this.#phase = Phase.start;
    this.#blankLines = 0;
  }

  protected override step(bytes: Octets, at: number, end: number): number {
    if (this.#phase === Phase.start) return this.#readStart(bytes, at, end);
    if (this.#phase === Phase.fields) return this.#readFields(bytes, at, end);
    return this.#readBody(bytes, at, end);
  }

  protected override get lineRoom(): number {
    if (this.#phase === Phase.body) return this.#body.lineRoom;
    if (this.#phase === Phase.fields) return this.#section.room + 1;
    return this.partial.bytes![0] === Byte.cr ? 1 : this.#longestStartLine;
  }

  #readStart(bytes: Octets, at: number, end: number): number {
    const first = bytes[at];
    if (first === Byte.cr || first === Byte.lf) return this.#readBlankLine(bytes, at, end);
    const next = this.#startLine.read(bytes, at, end);
    if (next < 0) return this.#fail(this.#startLine.error!);
    if (next === at) return at;
    this.#section.begin(SectionKind.request);
    this.#phase = Phase.fields;
    return next;
  }

  #readBlankLine(bytes: Octets, at: number, end: number): number {
    if (bytes[at] === Byte.lf) return this.#fail(wireErrors.bareLf);
    if (at + 1 === end) return at;
    if (bytes[at + 1] !== Byte.lf) return this.#fail(wireErrors.bareCr);
    this.#blankLines++;
    return this.#blankLines > maxBlankLines ? this.#fail(wireErrors.blankLines) : at + 2;
  }

  #readFields(bytes: Octets, at: number, end: number): number {
    const section = this.#section;
    const next = section.read(bytes, at, end);
    if (next < 0) return this.#fail(section.error!);
    if (!section.done) return next;
    return this.#deliverHead(this.#startLine.line!) ? next : -1;
  }

  #readBody(bytes: Octets, at: number, end: number): number {
    const body = this.#body;
    const next = body.read(bytes, at, end);
    if (next < 0) return this.#fail(body.error!);
    this.complete = body.complete;
    return next;
  }

  #deliverHead(line: RequestLine): boolean {
    const error = this.#fault(line);
    if (error !== null) {
      this.error = error;
      return false;
    }
    const section = this.#section;
    const end = !hasBody(section);
    const head = this.#headOf(line, end);
    const { connection } = section;
    const closes = (connection & ConnectionBit.close) !== 0;
    const keepAlive = !closes && (!line.http10 || (connection & ConnectionBit.keepAlive) !== 0);
    this.#beginBody(end);
    this.#sink.onHead(head, end, line.http10, keepAlive);
    return true;
  }

  /** What is wrong with the head as a whole. */
  #fault(line: RequestLine): WireError | null {
    const section = this.#section;
    if (section.chunked) {
      if (section.contentLength >= 0) return wireErrors.lengthAndCoding;
      if (line.http10) return wireErrors.codingInHttp10;
    }
    const { host } = section;
    if (this.#asksUpgrade(line) && hasBody(section)) return wireErrors.upgradeWithBody;
    if (host !== null && host.number === 0) return wireErrors.host;
    if (line.authority !== '') return this.#absoluteFault(line, host === null ? '' : host.field.value);
    return host === null && !line.http10 ? wireErrors.missingHost : null;
  }

  #absoluteFault(line: RequestLine, host: string): WireError | null {
    if (line.scheme !== this.#scheme) return wireErrors.scheme;
    if (host === '' || sameAuthority(host, line.authority, this.#scheme)) return null;
    return wireErrors.hostMismatch;
  }

  #headOf(line: RequestLine, end: boolean): RequestHead {
    const section = this.#section;
    const { host, expect } = section;
    const authority = host === null ? line.authority : host.field.value;
    const head = new RequestHead(line.method, this.#scheme, authority, line.path, section.fields);
    head.contentLength = section.contentLength;
    head.trailersAccepted = section.trailersAccepted;
    if (this.#asksUpgrade(line)) head.upgrade = section.upgrade;
    if (expect !== null) {
      if (end || line.http10) head.fields = section.fields.filter((field) => field !== expect.field);
      else head.expectContinue = true;
    }
    return head;
  }

  #asksUpgrade(line: RequestLine): boolean {
    const { upgrade, connection } = this.#section;
    return upgrade !== '' && (connection & ConnectionBit.upgrade) !== 0 && !line.http10;
  }

  #beginBody(end: boolean): void {
    this.#phase = Phase.body;
    if (end) this.complete = true;
    else if (this.#section.chunked) this.#body.beginChunks();
    else this.#body.beginLength(this.#section.contentLength);
  }

  #fail(error: WireError): -1 {
    this.error = error;
    return -1;
  }
}

function hasBody(section: FieldSection): boolean {
  return section.chunked || section.contentLength > 0;
}
