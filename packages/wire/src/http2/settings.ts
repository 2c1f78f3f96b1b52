/** What a session allows its peer. Sizes in octets of payload. */
export interface Http2SessionSettings {
  /** Of the connection. */
  readonly scheme: 'http' | 'https';
  /** Streams open at once: of a server session what its client may open, of a client session its own limit beside its server's. */
  readonly maxConcurrentStreams: number;
  /** First receive window of a stream; grows while the stream uses it up, at most to `maxStreamWindowBytes`. */
  readonly streamWindowBytes: number;
  readonly maxStreamWindowBytes: number;
  /** At least 65,535, which is where every connection begins (RFC 9113 §6.9.2). */
  readonly connectionWindowBytes: number;
  /** Of one field section after decompression, counted as RFC 9113 §6.5.2 does. */
  readonly maxFieldSectionBytes: number;
  readonly maxFields: number;
  /** Resets of either side soon after a stream's begin, within `floodWindowMs`. */
  readonly maxEarlyResets: number;
  /** Frames that carry no request or body, beyond what our own frames give reason for, within `floodWindowMs`. */
  readonly maxControlFrames: number;
  readonly floodWindowMs: number;
}

export interface Http2ServerSettings extends Http2SessionSettings {
  /** Octets of `:path`. */
  readonly maxTargetBytes: number;
  /** Whether names with `_` are accepted: some applications can't tell them from those with `-`. */
  readonly allowUnderscores: boolean;
}
