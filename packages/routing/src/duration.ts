const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };

/**
 * Milliseconds of a Gateway API duration (GEP-2257): one to four pairs of up to five digits and a unit, e.g. `1h30m`, `500ms`, `0s`.
 * Null when `text` is none.
 */
export function parseDurationMs(text: string): number | null {
  if (!/^([0-9]{1,5}(h|m|s|ms)){1,4}$/.test(text)) return null;
  let sumMs = 0;
  for (const [, digits, unit] of text.matchAll(/([0-9]+)(ms|h|m|s)/g)) sumMs += Number(digits) * UNIT_MS[unit!]!;
  return sumMs;
}
