import type { UpstreamHttp2Settings } from '../../settings.ts';

/** A frame that only acknowledges a PING says that the peer lives, not that it works on anything. */
const ackBytes = 17;

/**
 * From one PING to the next while nothing else comes, in units of `pingIdleMs`: gRPC servers end connections of clients that ask a fourth
 * time within 5 minutes of silence ("too many pings"), and a call may be silent for as long as it likes.
 */
const patience: readonly number[] = [4, 16];
const restMs = 330_000;
/** Sweeps are closer than this, unless this thread stood still: then an answer may be there that it has not read yet. */
const stillMs = 500;

/**
 * Decides when an endpoint that owes answers is asked with a PING whether it lives. Only what it has sent counts as a sign of life; times are
 * as coarse as the sweep.
 */
export class LivenessProbe {
  readonly #settings: Pick<UpstreamHttp2Settings, 'pingIdleMs' | 'pingTimeoutMs'>;
  #heardMs: number = 0;
  /** Of the PING that waits for its answer; 0 without. */
  #askedMs: number = 0;
  #lastAskedMs: number = 0;
  #checkedMs: number = 0;
  /** PINGs since something other than an answer to them came. */
  #asked: number = 0;

  constructor(settings: Pick<UpstreamHttp2Settings, 'pingIdleMs' | 'pingTimeoutMs'>) {
    this.#settings = settings;
  }

  /** The endpoint owes an answer from now on: what was silent until then was nobody's fault. */
  begin(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#askedMs = 0;
  }

  heard(nowMs: number, size: number): void {
    this.#heardMs = nowMs;
    this.#askedMs = 0;
    if (size !== ackBytes) this.#asked = 0;
  }

  /** While the endpoint owes answers. 'ping': send one now. */
  check(nowMs: number): 'lives' | 'ping' | 'dead' {
    const { pingIdleMs, pingTimeoutMs } = this.#settings;
    const passedMs = nowMs - this.#checkedMs;
    this.#checkedMs = nowMs;
    if (this.#askedMs > 0 && passedMs > stillMs) this.#askedMs += passedMs;
    if (this.#askedMs > 0) return nowMs - this.#askedMs >= pingTimeoutMs ? 'dead' : 'lives';
    if (pingIdleMs === 0 || nowMs - this.#heardMs < pingIdleMs) return 'lives';
    if (this.#asked > 0 && nowMs - this.#lastAskedMs < this.#pauseMs()) return 'lives';
    this.#asked++;
    this.#askedMs = nowMs;
    this.#lastAskedMs = nowMs;
    return 'ping';
  }

  #pauseMs(): number {
    const factor = patience[this.#asked - 1];
    return factor === undefined ? restMs : factor * this.#settings.pingIdleMs;
  }
}
