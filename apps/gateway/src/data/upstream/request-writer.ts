import type { Socket } from 'node:net';
import type { Field, RequestHead } from '@fairlead/message';
import { chunkHeader, requestHeadText, trailerText } from '@fairlead/wire';
import { chunkEnd } from '../chunk-end.ts';
import type { Flushable } from '../flush-queue.ts';
import type { OutputShare } from '../http1-response-writer.ts';
import { SocketOutput } from '../socket-output.ts';

type Framing = 'none' | 'length' | 'chunked' | 'tunnel';

/** With this much in its queue a socket is slower than its source. Not less than its high-water mark, or it would never say 'drain'. */
const blockedBytes = 65_536;

/**
 * Writes the requests of one upstream connection, one after the other. A head waits for the first bytes of its body until the end of the
 * turn, so that a small request is one write.
 */
export class RequestWriter implements Flushable {
  /** The socket is behind; `drained` is to be called when it says so. */
  blocked: boolean = false;
  /** Nothing of the request is left to be written. */
  ended: boolean = true;
  /** Something of the body was handed to the socket. */
  bodyBegun: boolean = false;
  readonly #socket: Socket;
  readonly #share: OutputShare;
  readonly #output: SocketOutput;
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

  /** Everything written has been taken by the system. */
  get isEmpty(): boolean {
    return this.#waiting === '' && this.#socket.writableLength === 0;
  }

  head(head: RequestHead, end: boolean): void {
    const framing = framingOf(head, end);
    this.#framing = framing;
    this.#owed = Math.max(head.contentLength, 0);
    this.ended = end;
    this.bodyBegun = false;
    this.#waiting = requestHeadText(head, framing);
    if (end || head.expectContinue) this.flush();
    else this.#flushLater();
  }

  /** Copies what it needs. False when the socket falls behind. */
  data(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    const size = end - start;
    const chunked = this.#framing === 'chunked';
    if (last) this.ended = true;
    if (size === 0 && !(chunked && last)) {
      if (last) this.flush();
    } else {
      this.bodyBegun = true;
      this.#write(bytes, start, end, chunked, last);
    }
    if (last && this.#framing === 'tunnel') this.#socket.end();
    return !this.blocked;
  }

  trailers(fields: readonly Field[]): void {
    this.ended = true;
    if (this.#framing === 'chunked') this.#waiting += trailerText(fields);
    this.flush();
  }

  /** Whether `size` octets, the last ones or not, are what the head has promised. */
  fits(size: number, last: boolean): boolean {
    if (this.#framing !== 'length') return true;
    this.#owed -= size;
    return last ? this.#owed === 0 : this.#owed >= 0;
  }

  /** What follows is opaque. */
  tunnel(): void {
    this.#framing = 'tunnel';
    this.ended = false;
  }

  drained(): void {
    this.blocked = false;
    this.#output.drained();
  }

  /** The socket has closed. */
  closed(): void {
    this.#output.release();
  }

  flush(): void {
    this.#queued = false;
    const text = this.#waiting;
    if (text === '' || this.#socket.destroyed) return;
    this.#waiting = '';
    this.#socket.write(text, 'latin1');
    this.#noteQueue();
  }

  #write(bytes: Uint8Array, start: number, end: number, chunked: boolean, last: boolean): void {
    const size = end - start;
    const before = chunked && size > 0 ? this.#waiting + chunkHeader(size) : this.#waiting;
    this.#waiting = '';
    if (this.#socket.destroyed) return;
    this.#output.write(before, bytes, start, end, chunked ? chunkEnd(size, last) : '');
    this.#noteQueue();
  }

  #flushLater(): void {
    if (this.#queued) return;
    this.#queued = true;
    this.#share.flushes.add(this);
  }

  #noteQueue(): void {
    if (this.#socket.writableLength >= blockedBytes) this.blocked = true;
  }
}

function framingOf(head: RequestHead, end: boolean): Exclude<Framing, 'tunnel'> {
  if (head.contentLength >= 0) return 'length';
  return end ? 'none' : 'chunked';
}
