import { close, constants, fstatSync, open, write } from 'node:fs';
import type { AccessLogTarget } from '../settings.ts';
import { AccessLineWriter } from './access-line.ts';
import type { AccessRecord } from './access-record.ts';

export interface AccessLogOptions {
  /** Open for writing. */
  readonly fd: number;
  /** Close it with the log. */
  readonly ownsFd: boolean;
  /** Most octets per write that the target keeps together while others write to it too. */
  readonly atomicBytes: number;
  /** Called with the number of lines that had to be dropped because the target takes too little. */
  readonly onDrop: (lines: number) => void;
}

const chunkBytes = 65_536;
/** Bounds the memory of a log whose target has stopped taking lines: 1 MiB per worker. */
const maxChunks = 16;
/** What POSIX promises (PIPE_BUF on Linux): a line is never longer, see `textLimits`. */
const pipeBytes = 4_096;
const flushEveryMs = 200;
/** After a target said EAGAIN (a pipe shared with a non-blocking writer). */
const retryMs = 5;

/** Bytes waiting for the target, always whole lines. */
interface Chunk {
  readonly bytes: Buffer;
  start: number;
  end: number;
}

/**
 * The access log of one worker: lines gather in 64 KiB chunks and are written in the background, at latest 200 ms after they came. Never
 * blocks and never grows: with 1 MiB waiting, lines are dropped and counted.
 *
 * Workers share the target: a file through O_APPEND, a pipe by writes small enough to be atomic. Each write carries whole lines.
 */
export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #lines = new AccessLineWriter();
  readonly #timer: NodeJS.Timeout;
  /** Waiting to be written, oldest first; `#text` is not among them. */
  readonly #full: Chunk[] = [];
  readonly #free: Chunk[] = [];
  /** Lines not yet in a chunk. One long string, copied to bytes once: a write into a Buffer per line costs 0.15 µs more. */
  #text = '';
  #textLines = 0;
  #writing: Chunk | null = null;
  #epochOffsetMs: number = Date.now() - performance.now();
  #closed: (() => void) | null = null;
  /** The target was given up with something left to write: its descriptor may already be another file's. */
  #abandoned = false;

  constructor(options: AccessLogOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), flushEveryMs).unref();
  }

  /** Takes what it needs of `record` before it returns. */
  write(record: AccessRecord): void {
    const line = this.#lines.line(record, this.#epochOffsetMs);
    if (this.#text.length + line.length > chunkBytes && !this.#seal()) {
      this.#options.onDrop(1);
      return;
    }
    this.#text += line;
    this.#textLines++;
  }

  /** Writes what has gathered without waiting for the next tick. */
  flush(): void {
    if (this.#textLines > 0) this.#seal();
  }

  /** Flushes, and resolves when the target has taken all, or `timeoutMs` later with the rest counted as dropped. */
  async close(timeoutMs: number): Promise<void> {
    clearInterval(this.#timer);
    this.flush();
    if (this.#writing !== null) await this.#drained(timeoutMs);
    if (this.#options.ownsFd) await new Promise<void>((resolve) => close(this.#options.fd, () => resolve()));
  }

  /** The wall clock may be set at any time: its distance from the monotonic one is read anew five times a second. */
  #tick(): void {
    this.#epochOffsetMs = Date.now() - performance.now();
    this.flush();
  }

  /** Moves the gathered text into a chunk. False when there may be no more chunks. */
  #seal(): boolean {
    const waiting = this.#full.length + (this.#writing === null ? 0 : 1);
    if (waiting >= maxChunks) return false;
    const chunk = this.#free.pop() ?? { bytes: Buffer.allocUnsafeSlow(chunkBytes), start: 0, end: 0 };
    chunk.end = chunk.bytes.write(this.#text, 0, 'latin1');
    this.#text = '';
    this.#textLines = 0;
    this.#full.push(chunk);
    if (this.#writing === null) this.#writeNext();
    return true;
  }

  #writeNext(): void {
    const chunk = this.#full.shift();
    if (chunk !== undefined) {
      this.#writing = chunk;
      this.#writeChunk(chunk);
    } else if (this.#closed !== null) {
      if (this.#textLines === 0) this.#closed();
      else this.#seal();
    }
  }

  #writeChunk(chunk: Chunk): void {
    if (this.#abandoned) return;
    write(this.#options.fd, chunk.bytes, chunk.start, this.#pieceOf(chunk), null, (error, written) => {
      if (error !== null && error.code === 'EAGAIN') {
        setTimeout(() => this.#writeChunk(chunk), retryMs);
        return;
      }
      if (error !== null) return this.#lost(chunk);
      chunk.start += written;
      if (chunk.start < chunk.end) this.#writeChunk(chunk);
      else this.#done(chunk);
    });
  }

  /** Octets to write next: as many whole lines as are written atomically; after a partial write, first the rest of its line. */
  #pieceOf({ bytes, start, end }: Chunk): number {
    const { atomicBytes } = this.#options;
    if (end - start <= atomicBytes) return end - start;
    const newline = bytes.lastIndexOf(0x0a, start + atomicBytes - 1);
    return newline < start ? atomicBytes : newline + 1 - start;
  }

  /** A full disk, a closed pipe: the lines are gone, the next chunk tries again. */
  #lost(chunk: Chunk): void {
    this.#options.onDrop(linesLeft(chunk));
    this.#done(chunk);
  }

  #done(chunk: Chunk): void {
    chunk.start = 0;
    chunk.end = 0;
    // Two spares serve any steady rate; the rest of a burst goes back to the collector.
    if (this.#free.length < 2) this.#free.push(chunk);
    this.#writing = null;
    this.#writeNext();
  }

  async #drained(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#closed = resolve;
      timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
    let left = this.#textLines;
    for (const chunk of this.#writing === null ? this.#full : [this.#writing, ...this.#full]) left += linesLeft(chunk);
    this.#abandoned = left > 0;
    if (left > 0) this.#options.onDrop(left);
  }
}

function linesLeft({ bytes, start, end }: Chunk): number {
  let lines = 0;
  for (let at = start; at < end; at++) if (bytes[at] === 0x0a) lines++;
  return lines;
}

/**
 * Opens the log that settings ask for; null for 'off'. Fails with the system's error when the file can't be opened for appending
 * (created with mode 0640: log lines carry clients' addresses).
 */
export async function openAccessLog(
  target: AccessLogTarget,
  onDrop: (lines: number) => void,
): Promise<AccessLog | null> {
  if (target.to === 'off') return null;
  if (target.to === 'stdout') return new AccessLog({ fd: 1, ownsFd: false, atomicBytes: atomicBytesOf(1), onDrop });
  const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY;
  const fd = await new Promise<number>((resolve, reject) => {
    open(target.path, flags, 0o640, (error, opened) => (error === null ? resolve(opened) : reject(error)));
  });
  return new AccessLog({ fd, ownsFd: true, atomicBytes: atomicBytesOf(fd), onDrop });
}

function atomicBytesOf(fd: number): number {
  return fstatSync(fd).isFile() ? chunkBytes : pipeBytes;
}
