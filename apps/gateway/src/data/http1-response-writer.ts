import type { Socket } from 'node:net';
import type { Field, ResponseHead } from '@fairlead/message';
import { chunkHeader, type ResponseTextOptions, responseHeadText, trailerText } from '@fairlead/wire';
import { chunkEnd } from './chunk-end.ts';
import type { Flushable, FlushQueue } from './flush-queue.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { SocketOutput } from './socket-output.ts';
import { WriteProgress } from './write-progress.ts';

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

/**
 * With this much in its queue a socket is slower than its source. Not less than the socket's high-water mark, or it would never say
 * 'drain'.
 */
const blockedBytes = 65_536;

/**
 * Writes the responses of one HTTP/1.1 connection, one after the other. A head waits for the first bytes of its body until the end of the
 * turn, so that most responses are one write.
 */
export class Http1ResponseWriter implements Flushable {
  /** The socket is behind; `drained` is to be called when it says so. */
  blocked: boolean = false;
  /** Octets handed to the socket, over all responses. */
  written: number = 0;
  readonly #socket: Socket;
  readonly #share: OutputShare;
  readonly #output: SocketOutput;
  readonly #progress = new WriteProgress();
  #framing: Framing = 'none';
  /** Octets that a body with a length still owes. */
  #owed: number = 0;
  #waiting: string = '';
  #queued: boolean = false;

  constructor(socket: Socket, share: OutputShare, plain: boolean) {
    this.#socket = socket;
    this.#share = share;
    this.#output = new SocketOutput(socket, share.output, plain);
  }

  /** Text that is already in HTTP's form. */
  text(text: string): void {
    this.#waiting += text;
    this.flush();
  }

  info(head: ResponseHead): void {
    this.text(responseHeadText(head, infoOptions));
  }

  /** False when the connection can't be used again: the end of the body is its end. */
  head(head: ResponseHead, end: boolean, terms: ResponseTerms): boolean {
    if (end && head.contentLength < 0 && !terms.headOnly && mayHaveBody(head.status)) head.contentLength = 0;
    const framing = framingOf(head, terms);
    const keepAlive = terms.keepAlive && framing !== 'close';
    this.#framing = framing;
    this.#owed = head.contentLength;
    this.#waiting += responseHeadText(head, headOptions(framing, keepAlive, terms.http10));
    if (end) this.flush();
    else this.#flushLater();
    return keepAlive;
  }

  /** Whether `size` octets, the last ones or not, are what the head has promised. */
  fits(size: number, last: boolean): boolean {
    if (this.#framing !== 'length') return true;
    this.#owed -= size;
    return last ? this.#owed === 0 : this.#owed >= 0;
  }

  /** Copies what it needs. False when the socket falls behind. */
  data(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    const size = this.#framing === 'none' ? 0 : end - start;
    const chunked = this.#framing === 'chunked';
    if (size === 0 && !(chunked && last)) {
      if (last) this.flush();
      return !this.blocked;
    }
    const before = chunked && size > 0 ? this.#waiting + chunkHeader(size) : this.#waiting;
    this.#waiting = '';
    this.written += this.#output.write(before, bytes, start, start + size, chunked ? chunkEnd(size, last) : '');
    return this.#noteQueue();
  }

  trailers(fields: readonly Field[]): void {
    if (this.#framing === 'chunked') this.#waiting += trailerText(fields);
    this.flush();
  }

  /** The socket has drained. */
  drained(): void {
    this.blocked = false;
    this.#output.drained();
  }

  /** The socket has closed. */
  closed(): void {
    this.#output.release();
  }

  /** Writes what waits, then FIN. */
  end(): void {
    this.flush();
    this.#socket.end();
  }

  flush(): void {
    this.#queued = false;
    const head = this.#waiting;
    if (head === '' || this.#socket.destroyed) return;
    this.#waiting = '';
    this.written += head.length;
    this.#socket.write(head, 'latin1');
    this.#noteQueue();
  }

  /** True when the client has taken nothing of what waits for it for `limitMs`. */
  stalled(nowMs: number, limitMs: number): boolean {
    return this.#progress.stalled(this.#socket, this.written, nowMs, limitMs);
  }

  #flushLater(): void {
    if (this.#queued) return;
    this.#queued = true;
    this.#share.flushes.add(this);
  }

  #noteQueue(): boolean {
    if (this.#socket.writableLength >= blockedBytes) this.blocked = true;
    return !this.blocked;
  }
}

const infoOptions: ResponseTextOptions = { framing: 'none', connection: '' };
const plainHead: ResponseTextOptions = { framing: 'none', connection: '' };
const plainClose: ResponseTextOptions = { framing: 'none', connection: 'close' };
const plainKeepAlive: ResponseTextOptions = { framing: 'none', connection: 'keep-alive' };
const chunkedHead: ResponseTextOptions = { framing: 'chunked', connection: '' };
const chunkedClose: ResponseTextOptions = { framing: 'chunked', connection: 'close' };

function headOptions(framing: Framing, keepAlive: boolean, http10: boolean): ResponseTextOptions {
  if (framing === 'tunnel') return plainHead;
  if (framing === 'chunked') return keepAlive ? chunkedHead : chunkedClose;
  if (!keepAlive) return plainClose;
  return http10 ? plainKeepAlive : plainHead;
}

function framingOf(head: ResponseHead, terms: ResponseTerms): Framing {
  if (head.status === 101) return 'tunnel';
  if (terms.headOnly || !mayHaveBody(head.status)) return 'none';
  if (head.contentLength >= 0) return 'length';
  return terms.http10 ? 'close' : 'chunked';
}

/** RFC 9110 §6.4.1. */
function mayHaveBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}
