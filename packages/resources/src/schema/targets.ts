import type { Report } from './schema-problem.ts';

/** What a policy is attached to. */
interface Target {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly sectionName?: string;
}

/** The API's rule for `targetRefs`: entries for one object must each name a section of their own. */
export function distinctTargets(targets: readonly Target[], report: Report): void {
  for (const [i, target] of targets.entries()) {
    const earlier = targets.slice(0, i).findIndex((other) => collide(target, other));
    if (earlier >= 0)
      report([i], `has the same target as entry ${earlier}; give both a sectionName of their own, or remove one`);
  }
}

function collide(a: Target, b: Target): boolean {
  if (a.group !== b.group || a.kind !== b.kind || a.name !== b.name) return false;
  return a.sectionName === undefined || b.sectionName === undefined || a.sectionName === b.sectionName;
}
