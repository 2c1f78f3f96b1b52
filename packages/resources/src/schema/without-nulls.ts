/**
 * `value` without the members of maps that are null, as an API server reads `field:` with nothing behind it. Nulls in lists stay, for the
 * check to refuse. The same object when there is nothing to drop.
 */
export function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? listWithoutNulls(value) : mapWithoutNulls(value as Readonly<Record<string, unknown>>);
}

function listWithoutNulls(list: readonly unknown[]): readonly unknown[] {
  const kept = list.map(withoutNulls);
  return kept.every((element, i) => element === list[i]) ? list : kept;
}

function mapWithoutNulls(map: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const entries = Object.entries(map);
  const kept = entries.flatMap(([key, value]) => (value === null ? [] : [[key, withoutNulls(value)] as const]));
  const same = kept.length === entries.length && kept.every(([, value], i) => value === entries[i]![1]);
  return same ? map : Object.fromEntries(kept);
}
