/** RFC 9113 §6. */
export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export const FrameFlag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** Length, type, flags and stream of every frame (RFC 9113 §4.1). */
export const frameHeadBytes = 9;
/** Payload that every peer takes, and the most that is taken from a peer. More would only let one stream keep the others waiting. */
export const maxFrameBytes = 16_384;
/** Of a window, an id, and an increment (RFC 9113 §6.9.1). */
export const maxInt31 = 0x7fff_ffff;
/** A window as every connection and stream begins with, before SETTINGS say otherwise. */
export const firstWindowBytes = 65_535;
