const unitMs: ReadonlyMap<string, number> = new Map([
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1_000],
  ['m', 1],
  ['u', 0.001],
  ['n', 0.000_001],
]);

const zero = 0x30;

/**
 * The time in a `grpc-timeout`: "TimeoutValue → {positive integer as ASCII string of at most 8 digits}" and a unit. Infinity for what is none:
 * the endpoint may say what it thinks of it.
 */
export function grpcTimeoutMs(value: string): number {
  const digits = value.length - 1;
  const unit = unitMs.get(value.slice(-1));
  if (unit === undefined || digits < 1 || digits > 8) return Number.POSITIVE_INFINITY;
  let number = 0;
  for (let i = 0; i < digits; i++) {
    const digit = value.charCodeAt(i) - zero;
    if (digit < 0 || digit > 9) return Number.POSITIVE_INFINITY;
    number = number * 10 + digit;
  }
  return number * unit;
}
