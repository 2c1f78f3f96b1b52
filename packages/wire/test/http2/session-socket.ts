import { Duplex } from 'node:stream';
import type { ClientSession, Octets, ServerSession, SessionOutput } from '../../src/index.ts';

/** A socket of which one end is a session of ours, and the other, this object, is for node's HTTP/2. */
export class SessionSocket extends Duplex {
  session: ClientSession | ServerSession | null = null;
  /** What the session writes to. */
  readonly output: SessionOutput = {
    take: (size) => Buffer.alloc(size),
    send: (bytes, size) => this.#send(bytes, size),
    dirty: () => setImmediate(() => this.session!.flush()),
  };
  /** Longest piece that the session gets at once. */
  readonly #pieceBytes: number;
  #behind: boolean = false;

  constructor(pieceBytes: number) {
    super();
    this.#pieceBytes = pieceBytes;
  }

  #send(bytes: Octets, size: number): void {
    const room = this.push(Buffer.from(bytes.subarray(0, size)));
    if (room || this.#behind) return;
    this.#behind = true;
    this.session!.outputBlocked(true);
  }

  override _read(): void {
    if (!this.#behind) return;
    this.#behind = false;
    this.session!.outputBlocked(false);
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (let at = 0; at < chunk.length; at += this.#pieceBytes) {
      this.session!.receive(chunk, at, Math.min(at + this.#pieceBytes, chunk.length), Math.floor(performance.now()));
    }
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.session!.closed();
    done(error);
  }
}
