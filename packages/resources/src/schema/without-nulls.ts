/**
 * `value` without the members of maps that are null, as an API server reads `field:` with nothing behind it. Nulls in lists stay, for the
 * check to refuse. The same object when there is nothing to drop, which is nearly always.
 */
export function withoutNulls(value: unknown): unknown {
  return holdsNull(value) ? dropNulls(value) : value;
}

function holdsNull(value: unknown): boolean {
  if (typeof value !== 'object') return false;
  if (value === null) return true;
  if (Array.isArray(value)) return value.some(holdsNull);
  for (const key in value) if (holdsNull((value as Members)[key])) return true;
  return false;
}

type Members = Readonly<Record<string, unknown>>;

function dropNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(dropNulls);
  const kept = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(kept.map(([key, member]) => [key, dropNulls(member)]));
}
