/** What an HTTP/1.1 connection is at. */
export const Phase = {
  /** Idle, or a request arrives. */
  reading: 0,
  /** A whole request was read; what follows it waits until its response has ended. */
  answering: 1,
  tunnel: 2,
  /** All was said. What the client still sends is thrown away, so that it gets to read our answer before a reset. */
  lingering: 3,
  closed: 4,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];
