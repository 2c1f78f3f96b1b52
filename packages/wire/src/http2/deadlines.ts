/** What `ServerSession.sweep` holds streams to. 0 or less: no limit. */
export interface StreamDeadlines {
  /** A stream whose output waits and of which nothing was taken for this long is reset. */
  readonly writeIdleMs: number;
  /** From the begin of a field block or a frame to its end, DATA excepted, and from the preface to SETTINGS. */
  readonly headTimeoutMs: number;
  /** Of a request body whose length is declared; others are streams that may be silent. */
  readonly minBodyBytesPerSecond: number;
  /** How long a body may stay below `minBodyBytesPerSecond`. */
  readonly bodyGraceMs: number;
}
