import type { UpstreamStream } from '@fairlead/message';

/** More than this of a body is not kept: the request can then go to one endpoint only. */
const maxReplayBytes = 65_536;

/**
 * The body of a request as far as it came, kept so that another try can send it again. Gives up, and its memory back, with the first byte
 * beyond 64 KiB.
 */
export class ReplayBody {
  /** All bytes so far are here. */
  complete: boolean = true;
  #chunks: Buffer[] = [];
  #size: number = 0;

  append(bytes: Uint8Array, start: number, end: number): void {
    if (!this.complete || start === end) return;
    this.#size += end - start;
    if (this.#size > maxReplayBytes) return this.giveUp();
    this.#chunks.push(Buffer.from(bytes.subarray(start, end)));
  }

  giveUp(): void {
    this.complete = false;
    this.#chunks = [];
  }

  get full(): boolean {
    return this.#size >= maxReplayBytes;
  }

  /** Hands over what has come. `ended`: that is the whole body. False when the upstream had to queue. */
  sendTo(upstream: UpstreamStream, ended: boolean): boolean {
    const chunks = this.#chunks;
    let ok = true;
    for (let i = 0; i < chunks.length; i++) {
      const chunk = chunks[i]!;
      ok = upstream.sendData(chunk, 0, chunk.length, ended && i === chunks.length - 1);
    }
    if (chunks.length === 0 && ended) ok = upstream.sendData(nothing, 0, 0, true);
    return ok;
  }
}

const nothing = new Uint8Array(0);
