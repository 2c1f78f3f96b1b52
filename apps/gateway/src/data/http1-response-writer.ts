import type { Socket } from 'node:net';
import type { Field, ResponseHead } from '@fairlead/message';
import { responseHeadText } from '@fairlead/wire';
import type { Flushable, FlushQueue } from './flush-queue.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** What all connections of a worker write with. */
export interface OutputShare {
  readonly output: OutputBuffer;
  readonly flushes: FlushQueue;
}

/** What the request decides about its response. */
export interface ResponseTerms {
  /** HEAD: the head says what would come, nothing comes. */
  readonly headOnly: boolean;
  readonly http10: boolean;
  /** The connection may serve another request after this response. */
  readonly keepAlive: boolean;
}

type Framing = 'none' | 'length' | 'chunked' | 'close' | 'tunnel';

/** With this much in its queue a socket is slower than its source. */
const blockedBytes = 65_536;
/** Size line, its CRLF, the CRLF after the data, the last chunk. */
const chunkOverhead = 32;
const lastChunk = '0\r\n\r\n';

/**
 * Writes the responses of one HTTP/1.1 connection, one after the other. A head waits for the first bytes of its body until the end of the
 * turn, so that most responses are one write.
 */
export class Http1ResponseWriter implements Flushable {
  /** `data` answered false; `drained` is to be called when the socket says so. */
  blocked: boolean = false;
  readonly #socket: Socket;
  readonly #share: OutputShare;
  /** A plain socket is done with the memory as soon as nothing is queued; TLS is not. */
  readonly #plain: boolean;
  #framing: Framing = 'none';
  #waiting: string = '';
  #queued: boolean = false;

  constructor(socket: Socket, share: OutputShare, plain: boolean) {
    this.#socket = socket;
    this.#share = share;
    this.#plain = plain;
  }

  info(head: ResponseHead): void {
    this.#waiting += responseHeadText(head, { framing: 'none', connection: '' });
    this.flush();
  }

  /** False when the connection can't be used again: the end of the body is its end. */
  head(head: ResponseHead, end: boolean, terms: ResponseTerms): boolean {
    const framing = framingOf(head, end, terms);
    const keepAlive = terms.keepAlive && framing !== 'close';
    const connection = keepAlive ? (terms.http10 ? 'keep-alive' : '') : 'close';
    this.#framing = framing;
    if (end && head.contentLength < 0 && !terms.headOnly && mayHaveBody(head.status)) head.contentLength = 0;
    this.#waiting += responseHeadText(head, { framing: framing === 'chunked' ? 'chunked' : 'none', connection });
    if (end) this.flush();
    else this.#flushLater();
    return keepAlive;
  }

  /** Copies what it needs. False when the socket falls behind. */
  data(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    const head = this.#waiting;
    const size = end - start;
    const chunked = this.#framing === 'chunked';
    if (size === 0 && !(chunked && last)) {
      if (last) this.flush();
      return !this.blocked;
    }
    this.#waiting = '';
    const length = head.length + size + (chunked ? chunkOverhead : 0);
    const out = this.#plain ? this.#share.output.take(length) : Buffer.allocUnsafe(length);
    let at = head === '' ? 0 : out.latin1Write(head, 0);
    if (chunked && size > 0) at += out.latin1Write(`${size.toString(16)}\r\n`, at);
    out.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at);
    at += size;
    if (chunked) at += out.latin1Write(chunkEnd(size, last), at);
    return this.#write(out, at);
  }

  trailers(fields: readonly Field[]): void {
    if (this.#framing === 'chunked') {
      let text = '0\r\n';
      for (let i = 0; i < fields.length; i++) text += fieldLine(fields[i]!);
      this.#waiting += `${text}\r\n`;
    }
    this.flush();
  }

  /** The socket has drained. */
  drained(): void {
    this.blocked = false;
  }

  tunnel(): void {
    this.#framing = 'tunnel';
  }

  flush(): void {
    this.#queued = false;
    const head = this.#waiting;
    if (head === '' || this.#socket.destroyed) return;
    this.#waiting = '';
    this.#socket.write(head, 'latin1');
    this.#noteQueue();
  }

  #flushLater(): void {
    if (this.#queued) return;
    this.#queued = true;
    this.#share.flushes.add(this);
  }

  #write(out: Buffer, length: number): boolean {
    const socket = this.#socket;
    socket.write(length === out.length ? out : out.subarray(0, length));
    if (socket.writableLength > 0 && this.#plain) this.#share.output.keep(out);
    return this.#noteQueue();
  }

  #noteQueue(): boolean {
    if (this.#socket.writableLength >= blockedBytes) this.blocked = true;
    return !this.blocked;
  }
}

function framingOf(head: ResponseHead, end: boolean, terms: ResponseTerms): Framing {
  if (head.status === 101) return 'tunnel';
  if (end || terms.headOnly) return 'none';
  if (head.contentLength >= 0) return 'length';
  return terms.http10 ? 'close' : 'chunked';
}

/** RFC 9110 §6.4.1. */
function mayHaveBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

function chunkEnd(size: number, last: boolean): string {
  if (!last) return '\r\n';
  return size > 0 ? `\r\n${lastChunk}` : lastChunk;
}

function fieldLine(field: Field): string {
  if (field.line === '') field.line = `${field.name.name}: ${field.value}\r\n`;
  return field.line;
}
