import { isMap } from './identify.ts';
import type { KnownKind } from './kinds.ts';
import { manifestShapes } from './manifest-shapes.ts';
import type { ObjectShape, Shape } from './shape.ts';

/**
 * A manifest without the fields that its kind's shape does not have. An API server whose CRDs are newer than ours, or of another channel, has
 * fields that nothing here reads; in a manifest from a file the same are mistakes. The same object when there is nothing to drop, which is
 * nearly always; what has the wrong type is left for `checkManifest`.
 */
export function pruneUnknown(manifest: unknown, kind: KnownKind): unknown {
  return prune(manifest, manifestShapes[kind]);
}

function prune(value: unknown, shape: Shape): unknown {
  if (shape.type === 'object') return isMap(value) ? pruneObject(value, shape) : value;
  if (shape.type === 'list' && Array.isArray(value)) return pruneList(value, shape.items);
  return value;
}

function pruneObject(value: Readonly<Record<string, unknown>>, { required, optional, open }: ObjectShape): unknown {
  let pruned: Record<string, unknown> | null = null;
  for (const [key, member] of Object.entries(value)) {
    const shape = Object.hasOwn(required, key) ? required[key] : Object.hasOwn(optional, key) ? optional[key] : null;
    if (!shape && open) continue;
    const kept = shape ? prune(member, shape) : undefined;
    if (kept === member) continue;
    pruned ??= { ...value };
    if (shape) pruned[key] = kept;
    else delete pruned[key];
  }
  return pruned ?? value;
}

function pruneList(value: readonly unknown[], items: Shape): readonly unknown[] {
  const pruned = value.map((item) => prune(item, items));
  return pruned.every((item, i) => item === value[i]) ? value : pruned;
}
