import type { Http1ResponseWriter } from './http1-response-writer.ts';
import type { Http1Stream } from './http1-stream.ts';

/** What to do about a client that has closed its direction while its answer is still to come. */
export type HalfCloseVerdict = 'wait' | 'gone';

const firstProbeMs = 200;
const nextProbeMs = 100;
const silentMs = 1_000;
const probes = 2;
const probe = 'HTTP/1.1 100 Continue\r\n\r\n';

/**
 * Tells a client that half-closed from one that is gone. Both send the same FIN, and an answer must reach the first while the second's
 * request must not burden an endpoint any longer. Only writing shows the difference: a client that is gone resets.
 *
 * - Before the response head an interim response is written, twice: the first provokes the reset, the second meets it. Every HTTP/1.1 client
 *   must take them (RFC 9110 §15.2). HTTP/1.0 clients can't, and are waited for.
 * - Within a response its own data is the probe. A response that stays silent for a second after the FIN is given up.
 */
export class HalfClose {
  checkMs: number;
  #probesLeft: number = probes;
  #written: number;

  constructor(nowMs: number, stream: Http1Stream | null, writer: Http1ResponseWriter) {
    this.checkMs = nowMs + (stream?.headSent === true ? silentMs : firstProbeMs);
    this.#written = writer.written;
  }

  /** Call at `checkMs`, with the exchange in progress. */
  check(nowMs: number, stream: Http1Stream, writer: Http1ResponseWriter): HalfCloseVerdict {
    if (stream.headSent) return this.#checkResponse(nowMs, writer);
    this.checkMs = nowMs + nextProbeMs;
    if (!stream.http10 && this.#probesLeft > 0) {
      this.#probesLeft--;
      writer.text(probe);
    }
    this.#written = writer.written;
    return 'wait';
  }

  #checkResponse(nowMs: number, writer: Http1ResponseWriter): HalfCloseVerdict {
    // What the socket could not write yet is watched by the write deadline.
    if (writer.written === this.#written && !writer.blocked) return 'gone';
    this.#written = writer.written;
    this.checkMs = nowMs + silentMs;
    return 'wait';
  }
}
