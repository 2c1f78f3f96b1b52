/** How long an endpoint that is new, ready again or let back in is given less than its share. */
export const slowStartMs = 2_000;

const firstShare = 0.1;

/** Share of what it would get, 0.1 … 1, growing with time from `fromMs`. */
export function rampShare(fromMs: number, nowMs: number): number {
  const share = (nowMs - fromMs) / slowStartMs;
  return share >= 1 ? 1 : Math.max(firstShare, share);
}
