import { checkShape } from './check-shape.ts';
import { type Identified, identifyManifest, isMap } from './identify.ts';
import { manifestShapes } from './manifest-shapes.ts';
import type { SchemaProblem } from './schema-problem.ts';

/** More would not help to find the first. */
const maxErrors = 20;

/**
 * What an API server would refuse about a manifest from a file, after the CRDs of Gateway API v1.7 (experimental channel) with their CEL
 * rules. Without an error it can be used as its kind's type in `objects.ts`; defaults are not filled in. Members that are null count as absent for an
 * API server: drop them first (`withoutNulls`).
 */
export function checkManifest(manifest: unknown): readonly SchemaProblem[] {
  const identified = identifyManifest(manifest);
  if (identified.as !== 'known') return [identified.problem];
  if (identified.problem !== null) return [identified.problem];
  const problems: SchemaProblem[] = [];
  checkShape(manifest, manifestShapes[identified.info.kind], [], (path, message) => {
    if (problems.length < maxErrors) problems.push({ path, message, severity: 'error' });
  });
  return [...problems, ...findWarnings(identified, manifest)];
}

function findWarnings(
  { info, namespace }: Identified & { readonly as: 'known' },
  manifest: unknown,
): readonly SchemaProblem[] {
  if (!info.namespaced && namespace !== '')
    return [warning(['metadata', 'namespace'], `is ignored: a ${info.kind} is in no namespace`)];
  if (info.kind !== 'EndpointSlice' || hasServiceName(manifest)) return [];
  return [warning(['metadata'], 'has no label kubernetes.io/service-name, so it belongs to no Service')];
}

function hasServiceName(manifest: unknown): boolean {
  const metadata = isMap(manifest) ? manifest.metadata : undefined;
  const labels = isMap(metadata) ? metadata.labels : undefined;
  return isMap(labels) && typeof labels['kubernetes.io/service-name'] === 'string';
}

function warning(path: SchemaProblem['path'], message: string): SchemaProblem {
  return { path, message, severity: 'warning' };
}
