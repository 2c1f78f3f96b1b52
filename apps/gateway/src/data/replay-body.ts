import type { Field, UpstreamStream } from '@fairlead/message';

/** More than this of a body is not kept: the request can then go to one endpoint only. */
const maxReplayBytes = 65_536;

/**
 * The body of a request as far as it came, kept so that another try can send it again. Gives up, and its memory back, with the first byte
 * beyond 64 KiB.
 */
export class ReplayBody {
  /** Everything that came is here. */
  complete: boolean = true;
  #chunks: Buffer[] | null = null;
  #size: number = 0;
  #trailers: readonly Field[] | null = null;

  /** Not a byte has come. */
  get isEmpty(): boolean {
    return this.#size === 0;
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    if (!this.complete || start === end) return;
    this.#size += end - start;
    if (this.#size > maxReplayBytes) {
      this.giveUp();
      return;
    }
    this.#chunks ??= [];
    this.#chunks.push(Buffer.from(bytes.subarray(start, end)));
  }

  /** Trailers have ended the body. */
  end(trailers: readonly Field[]): void {
    this.#trailers = trailers;
  }

  giveUp(): void {
    this.complete = false;
    this.#chunks = null;
  }

  /** Hands over what has come. `ended`: that is the whole body. False when the upstream had to queue. */
  sendTo(upstream: UpstreamStream, ended: boolean): boolean {
    const chunks = this.#chunks ?? [];
    const trailers = this.#trailers;
    const lastIndex = ended && trailers === null ? chunks.length - 1 : -1;
    let flows = true;
    for (let i = 0; i < chunks.length; i++) {
      const chunk = chunks[i]!;
      flows = upstream.sendData(chunk, 0, chunk.length, i === lastIndex);
    }
    if (trailers !== null) upstream.sendTrailers(trailers);
    else if (ended && chunks.length === 0) flows = upstream.sendData(nothing, 0, 0, true);
    return flows;
  }
}

const nothing = new Uint8Array(0);
