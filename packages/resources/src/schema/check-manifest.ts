import { identifyManifest } from './identify.ts';
import type { SchemaProblem } from './schema-problem.ts';

/**
 * What an API server would refuse about a manifest from a file. Empty when it can be used as its kind's type in `objects.ts`.
 * Members that are null count as absent for an API server: drop them first (`withoutNulls`).
 */
export function checkManifest(manifest: unknown): readonly SchemaProblem[] {
  const identified = identifyManifest(manifest);
  if (identified.as !== 'known') return [identified.problem];
  return identified.problem === null ? [] : [identified.problem];
}
