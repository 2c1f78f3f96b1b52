/** Structural equality of plain data: objects, arrays, primitives. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && areSame(a, b);
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => isSame((a as Fields)[key], (b as Fields)[key]));
}

type Fields = Readonly<Record<string, unknown>>;

function areSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((element, i) => isSame(element, b[i]));
}

/** `before` if it says the same as `now`: unchanged data keeps its identity. */
export function keep<T>(before: T | undefined, now: T): T {
  return before !== undefined && isSame(before, now) ? before : now;
}

/** Like `keep` for a map, and also for its values by key. */
export function keepMap<T>(
  before: ReadonlyMap<string, T> | undefined,
  now: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  if (before === undefined) return now;
  const kept = new Map<string, T>();
  let changed = before.size !== now.size;
  for (const [key, value] of now) {
    const old = before.get(key);
    const same = keep(old, value);
    if (same !== old) changed = true;
    kept.set(key, same);
  }
  return changed ? kept : before;
}

/** `before` with entries replaced, or taken out where the change is undefined; `before` itself without changes. */
export function patchMap<T>(
  before: ReadonlyMap<string, T>,
  changes: ReadonlyMap<string, T | undefined>,
): ReadonlyMap<string, T> {
  if (changes.size === 0) return before;
  const patched = new Map(before);
  for (const [key, value] of changes) {
    if (value === undefined) patched.delete(key);
    else patched.set(key, value);
  }
  return patched;
}

/** Like `patchMap`, but a change that says the same as what it would replace, compared in depth, is none. */
export function patchData<T>(
  before: ReadonlyMap<string, T>,
  changes: ReadonlyMap<string, T | undefined>,
): ReadonlyMap<string, T> {
  let patched: Map<string, T> | null = null;
  for (const [key, value] of changes) {
    if (isSame(before.get(key), value)) continue;
    patched ??= new Map(before);
    if (value === undefined) patched.delete(key);
    else patched.set(key, value);
  }
  return patched ?? before;
}

/** Keeps the identity of inner maps with the same values, compared by identity, and of the whole when all are kept. */
export function keepMaps<T>(
  before: ReadonlyMap<string, ReadonlyMap<string, T>>,
  now: ReadonlyMap<string, ReadonlyMap<string, T>>,
): ReadonlyMap<string, ReadonlyMap<string, T>> {
  const kept = new Map<string, ReadonlyMap<string, T>>();
  let changed = before.size !== now.size;
  for (const [key, inner] of now) {
    const old = before.get(key);
    const same =
      old !== undefined && old.size === inner.size && [...inner].every(([name, value]) => old.get(name) === value);
    if (!same) changed = true;
    kept.set(key, same ? old : inner);
  }
  return changed ? kept : before;
}
