/** What a peer may make us hold. */
export interface Http1Limits {
  /** Octets of a request target; beyond: 414. */
  readonly maxTargetBytes: number;
  /** Octets of all field lines of one head, or of one trailer section; beyond: 431. */
  readonly maxHeadBytes: number;
  /** Field lines of one head, or of one trailer section; beyond: 431. */
  readonly maxFields: number;
  /** Whether names with `_` are accepted in requests: some applications can't tell them from those with `-`. */
  readonly allowUnderscores: boolean;
}

/** Chunk extensions of one body, together. They are read and dropped. */
export const maxExtensionBytes = 1024;

/** CRLF lines before a request (RFC 9112 §2.2 asks for at least one). */
export const maxBlankLines = 4;

/** Interim responses before a final one. */
export const maxInterim = 8;
