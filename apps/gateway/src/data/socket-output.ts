import type { Socket } from 'node:net';
import { bulkMemory } from './bulk-memory.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** Parts of bodies at least this large are written from where they are, when they may be. */
const directBytes = 65_536;

/**
 * Writes lent bytes, with the text around them, to one socket. What the system takes at once is written from shared memory, or from where it
 * was read; what it does not take keeps that memory until it has gone.
 */
export class SocketOutput {
  readonly #socket: Socket;
  readonly #output: OutputBuffer;
  /** A plain socket is done with the memory as soon as nothing is queued; TLS is not. */
  readonly #plain: boolean;
  /** Shared memory that the socket has not written yet, and whether it is the reader's. */
  #kept: Buffer | null = null;
  #keptBulk: boolean = false;

  constructor(socket: Socket, output: OutputBuffer, plain: boolean) {
    this.#socket = socket;
    this.#output = output;
    this.#plain = plain;
  }

  /** `before`, `bytes[start, end)` and `after` as one write. `bytes` are only lent. Returns how many octets that was. */
  write(before: string, bytes: Uint8Array, start: number, end: number, after: string): number {
    if (this.#plain && end - start >= directBytes && this.#mayKeep(bytes))
      this.#direct(before, bytes, start, end, after);
    else this.#composed(before, bytes, start, end, after);
    return before.length + end - start + after.length;
  }

  /** The socket has drained. */
  drained(): void {
    if (this.#socket.writableLength === 0) this.release();
  }

  /** Gives back what was kept. Not before the socket has written all of it, or has closed. */
  release(): void {
    const kept = this.#kept;
    if (kept === null) return;
    this.#kept = null;
    if (this.#keptBulk) bulkMemory.giveBack(kept);
    else this.#output.giveBack(kept);
  }

  #mayKeep(bytes: Uint8Array): bytes is Buffer {
    if (this.#socket.connecting || this.#socket.destroyed) return false;
    this.drained();
    return bytes === this.#kept || (this.#kept === null && bulkMemory.mayKeep(bytes));
  }

  #direct(before: string, bytes: Buffer, start: number, end: number, after: string): void {
    const socket = this.#socket;
    const part = start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
    if (before === '' && after === '') socket.write(part);
    else {
      socket.cork();
      if (before !== '') socket.write(before, 'latin1');
      socket.write(part);
      if (after !== '') socket.write(after, 'latin1');
      socket.uncork();
    }
    if (socket.writableLength === 0 || this.#kept !== null) return;
    this.#kept = bytes;
    this.#keptBulk = true;
    bulkMemory.keep(bytes);
  }

  #composed(before: string, bytes: Uint8Array, start: number, end: number, after: string): void {
    const socket = this.#socket;
    const length = before.length + end - start + after.length;
    // Before the connection stands, or behind a queue, a write is certainly not taken at once: memory of its own, and no more than needed.
    const shared = this.#plain && !socket.connecting && socket.writableLength === 0;
    if (shared) this.release();
    const out = shared ? this.#output.take(length) : Buffer.allocUnsafe(length);
    let at = before === '' ? 0 : out.latin1Write(before, 0);
    out.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at);
    at += end - start;
    if (after !== '') at += out.latin1Write(after, at);
    socket.write(at === out.length ? out : out.subarray(0, at));
    if (!shared || socket.writableLength === 0) return;
    this.#kept = out;
    this.#keptBulk = false;
    this.#output.keep(out);
  }
}
