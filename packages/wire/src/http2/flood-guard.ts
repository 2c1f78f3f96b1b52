import type { SessionReason } from './session-reason.ts';
import type { Http2SessionSettings } from './settings.ts';

/** A peer may answer each DATA frame with a WINDOW_UPDATE of stream and connection and with PINGs that measure the path. */
const framesPerDataFrame = 8;
/** PRIORITY, WINDOW_UPDATE, RST_STREAM. */
const framesPerStream = 3;

/**
 * Counts what costs us work and its sender none: resets (CVE-2023-44487, CVE-2025-8671) and frames that carry no request or body, within
 * `floodWindowMs`. What the streams and DATA of that time give reason for is not held against the peer: a large download may take thousands
 * of WINDOW_UPDATEs.
 */
export class FloodGuard {
  readonly #settings: Http2SessionSettings;
  #sinceMs: number = 0;
  #resets: number = 0;
  #frames: number = 0;
  #streams: number = 0;
  /** Sent before `#sinceMs`. */
  #dataFrames: number = 0;

  constructor(settings: Http2SessionSettings) {
    this.#settings = settings;
  }

  /** A stream begins. */
  stream(): void {
    this.#streams++;
  }

  /** Why the session has to end; null while it has not. `dataFrames`: sent so far. */
  reset(nowMs: number, dataFrames: number): SessionReason | null {
    this.#turn(nowMs, dataFrames);
    this.#resets++;
    return this.#resets > this.#settings.maxEarlyResets ? 'reset_flood' : null;
  }

  /** As `reset`. */
  control(nowMs: number, dataFrames: number): SessionReason | null {
    this.#turn(nowMs, dataFrames);
    this.#frames++;
    const excused = this.#streams * framesPerStream + (dataFrames - this.#dataFrames) * framesPerDataFrame;
    return this.#frames > this.#settings.maxControlFrames + excused ? 'control_flood' : null;
  }

  #turn(nowMs: number, dataFrames: number): void {
    if (nowMs - this.#sinceMs < this.#settings.floodWindowMs) return;
    this.#sinceMs = nowMs;
    this.#dataFrames = dataFrames;
    this.#resets = 0;
    this.#frames = 0;
    this.#streams = 0;
  }
}
