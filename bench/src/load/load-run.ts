/** What became of a stretch of load. */
export interface LoadRun {
  readonly requests: number;
  /** Answers other than 2xx and 3xx, socket errors, and requests that were never answered. */
  readonly failures: number;
}
