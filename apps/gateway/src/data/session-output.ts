import type { Socket } from 'node:net';
import type { Octets, SessionOutput } from '@fairlead/wire';
import type { Flushable, FlushQueue } from './flush-queue.ts';
import type { FrameMemory } from './frame-memory.ts';
import { WriteProgress } from './write-progress.ts';

/** What is asked of a session by its socket. */
export interface OutputSession {
  flush(): void;
  /** The socket is behind, or has caught up. */
  outputBlocked(blocked: boolean): void;
}

/** With this much in its queue a socket is slower than its streams. */
const blockedBytes = 262_144;
const smallBytes = 16_384;

/** The way of a session's frames into its socket: composed in shared memory, written once per turn of the event loop. */
export class SocketSessionOutput implements SessionOutput, Flushable {
  /** Octets handed to the socket. */
  written: number = 0;
  /** `flush` is to come. */
  waits: boolean = false;
  /** The socket is behind. */
  blocked: boolean = false;
  readonly #socket: Socket;
  readonly #memory: FrameMemory;
  readonly #flushes: FlushQueue;
  readonly #session: () => OutputSession;
  /** Chunks that the socket has not written yet. */
  readonly #kept: Buffer[] = [];
  readonly #progress = new WriteProgress();
  readonly #onWritten = (): void => this.#releaseWritten();

  /** `session` is asked for once there is something to flush: the two need each other. */
  constructor(socket: Socket, memory: FrameMemory, flushes: FlushQueue, session: () => OutputSession) {
    this.#socket = socket;
    this.#memory = memory;
    this.#flushes = flushes;
    this.#session = session;
  }

  take(size: number): Octets {
    return this.#memory.take(size);
  }

  send(bytes: Octets, size: number): void {
    const chunk = bytes as Buffer;
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded) {
      this.#memory.giveBack(chunk);
      return;
    }
    this.written += size;
    // Behind a queue it is certainly not taken at once. A peer that reads nothing would make each small frame keep a chunk.
    if (socket.writableLength > 0 && size <= smallBytes) this.#writeCopy(chunk, size);
    else this.#write(chunk, size);
    this.#noteQueue();
  }

  dirty(): void {
    this.waits = true;
    this.#flushes.add(this);
  }

  flush(): void {
    this.waits = false;
    if (!this.#socket.destroyed) this.#session().flush();
  }

  drained(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this.#session().outputBlocked(false);
  }

  /** The socket has closed: it has let go of all memory. */
  released(): void {
    for (const chunk of this.#kept.splice(0)) this.#memory.giveBack(chunk);
  }

  /** True when the peer has taken nothing of what waits for it for `limitMs`. */
  stalled(nowMs: number, limitMs: number): boolean {
    return this.#progress.stalled(this.#socket, this.written, nowMs, limitMs);
  }

  #write(chunk: Buffer, size: number): void {
    const socket = this.#socket;
    socket.write(size === chunk.length ? chunk : chunk.subarray(0, size), this.#onWritten);
    if (socket.writableLength === 0) this.#memory.giveBack(chunk);
    else this.#kept.push(chunk);
  }

  #writeCopy(chunk: Buffer, size: number): void {
    this.#socket.write(Buffer.from(chunk.subarray(0, size)), this.#onWritten);
    this.#memory.giveBack(chunk);
  }

  #noteQueue(): void {
    if (this.blocked || this.#socket.writableLength < blockedBytes) return;
    this.blocked = true;
    this.#session().outputBlocked(true);
  }

  #releaseWritten(): void {
    if (this.#kept.length > 0 && this.#socket.writableLength === 0) this.released();
  }
}
