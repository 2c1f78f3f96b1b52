import type { Field, RequestHead, ResponseHead } from '@fairlead/message';
import {
  type Http1Limits,
  type Octets,
  RequestParser,
  type RequestSink,
  ResponseParser,
  type ResponseSink,
} from '../src/index.ts';

export const limits: Http1Limits = { maxTargetBytes: 200, maxHeadBytes: 400, maxFields: 12, allowUnderscores: false };

/** What a parser made of one message; `complete` is false while something is missing. */
export interface Message {
  head: RequestHead | ResponseHead;
  keepAlive: boolean;
  http10: boolean;
  body: string;
  trailers: readonly Field[];
  complete: boolean;
}

export interface Reading {
  readonly infos: readonly ResponseHead[];
  readonly messages: readonly Message[];
  /** `400 bare_lf`; '' when nothing was refused. */
  readonly error: string;
  /** Something of a further message has come. */
  readonly begun: boolean;
  /** Octets of the complete messages. */
  readonly used: number;
}

class Recorder implements RequestSink, ResponseSink {
  readonly infos: ResponseHead[] = [];
  readonly messages: Message[] = [];

  onInfo(head: ResponseHead): void {
    this.infos.push(head);
  }

  onHead(head: RequestHead | ResponseHead, end: boolean, http10: boolean = false, keepAlive: boolean = false): void {
    this.messages.push({ head, keepAlive, http10, body: '', trailers: [], complete: end });
  }

  onBody(bytes: Octets, start: number, end: number, last: boolean): void {
    const message = this.#open();
    message.body += bytes.latin1Slice(start, end);
    message.complete = last;
  }

  onTrailers(fields: readonly Field[]): void {
    const message = this.#open();
    message.trailers = fields;
    message.complete = true;
  }

  #open(): Message {
    const message = this.messages.at(-1);
    if (message === undefined || message.complete) throw new Error('A body after the end.');
    return message;
  }
}

/** Reads pieces as one connection would, up to a message that the client wants to be the last. */
export function readRequests(
  pieces: readonly Buffer[],
  own: Partial<Http1Limits> = {},
  scheme: 'http' | 'https' = 'http',
): Reading {
  const recorder = new Recorder();
  const parser = new RequestParser({ ...limits, ...own }, scheme, recorder);
  let open = true;
  let used = 0;
  let before = 0;
  for (const piece of pieces) {
    for (let at = 0; open && at < piece.length; ) {
      at = parser.parse(piece, at, piece.length);
      if (at < 0) open = false;
      else if (parser.complete) {
        used = before + at;
        open = recorder.messages.at(-1)!.keepAlive;
        if (open) parser.next();
      }
    }
    before += piece.length;
  }
  const failed = parser.error !== null;
  const error = failed ? `${parser.error!.status} ${parser.error!.code}` : '';
  return { infos: [], messages: recorder.messages, error, begun: !failed && !parser.idle && !parser.complete, used };
}

/** Reads the answers to `methods`, one after the other. `closed`: the peer closes behind the pieces. */
export function readResponses(
  pieces: readonly Buffer[],
  methods: readonly string[],
  closed: boolean,
): Reading & { left: number; cut: boolean } {
  const recorder = new Recorder();
  const parser = new ResponseParser(limits, recorder);
  let answered = 0;
  let left = 0;
  parser.begin(methods[0]!);
  const done = (): boolean => answered === methods.length || parser.error !== null;
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length && !done()) {
      at = parser.parse(piece, at, piece.length);
      if (at < 0) at = piece.length;
      if (!parser.complete) continue;
      recorder.messages.at(-1)!.keepAlive = parser.keepAlive;
      answered = recorder.messages.at(-1)!.head.upgrade === '' ? answered + 1 : methods.length;
      if (!done()) parser.begin(methods[answered]!);
    }
    if (parser.error === null) left += piece.length - at;
  }
  const cut = closed && !done() && !parser.finish();
  const error = parser.error === null ? '' : `${parser.error.status} ${parser.error.code}`;
  const used = pieces.reduce((sum, piece) => sum + piece.length, -left);
  return { ...recorder, error, begun: !done() && !parser.idle && !parser.complete, used, left, cut };
}

/** A reading as one line: what the tables of cases say. */
export function describeReading(reading: Reading & { left?: number; cut?: boolean }): string {
  const parts = reading.infos.map((head) => `info ${describeHead(head)}`);
  parts.push(...reading.messages.map(describeMessage));
  if (reading.error !== '') parts.push(reading.error);
  else if (reading.cut) parts.push('cut off');
  else if (reading.begun && (reading.messages.at(-1)?.complete ?? true)) parts.push('…');
  if (reading.left) parts.push(`${reading.left} left`);
  return parts.join(' ; ');
}

function describeMessage(message: Message): string {
  let text = describeHead(message.head);
  if (message.http10) text += ' 1.0';
  if (!message.keepAlive && message.complete) text += ' close';
  if (message.body !== '') text += ` ${JSON.stringify(message.body)}`;
  if (message.trailers.length > 0) text += ` +[${describeFields(message.trailers)}]`;
  return message.complete ? text : `${text} …`;
}

function describeHead(head: RequestHead | ResponseHead): string {
  let text = 'method' in head ? `${head.method} ${head.authority} ${head.path}` : `${head.status}`;
  if (head.fields.length > 0) text += ` [${describeFields(head.fields)}]`;
  if (head.contentLength >= 0) text += ` length=${head.contentLength}`;
  if (head.upgrade !== '') text += ` upgrade=${head.upgrade}`;
  if ('method' in head && head.expectContinue) text += ' continue';
  if ('method' in head && head.trailersAccepted) text += ' trailers';
  return text;
}

function describeFields(fields: readonly Field[]): string {
  return fields.map((field) => `${field.name.name}: ${field.value}`).join(', ');
}

/** The ways to cut a message: whole, at every boundary, and byte by byte. */
export function* cuts(raw: Buffer): Generator<readonly Buffer[]> {
  yield [raw];
  for (let at = 1; at < raw.length; at++) yield [raw.subarray(0, at), raw.subarray(at)];
  yield Array.from({ length: raw.length }, (_, at) => raw.subarray(at, at + 1));
}
