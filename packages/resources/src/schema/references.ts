import { group, kind, labelName, objectName, subdomainName } from './patterns.ts';
import type { Report } from './schema-problem.ts';
import { type Fields, type IntegerShape, integer, type ListShape, list, type ObjectShape, object } from './shape.ts';

export const port: IntegerShape = integer(1, 65_535);

export const localReference: ObjectShape = object({ group, kind, name: objectName }, {});
export const objectReference: ObjectShape = object({ group, kind, name: objectName }, { namespace: labelName });
export const secretReference: ObjectShape = object({ name: objectName }, { group, kind, namespace: labelName });

const backendFields: Fields = { group, kind, namespace: labelName, port };
export const backendReference: ObjectShape = object({ name: objectName }, backendFields, checkBackendPort);

/** A reference to a backend with more fields beside it. */
export function backendReferenceWith(more: Fields): ObjectShape {
  return object({ name: objectName }, { ...backendFields, ...more }, checkBackendPort);
}

interface Backend {
  readonly group?: string;
  readonly kind?: string;
  readonly port?: number;
}

function checkBackendPort(backend: Backend, report: Report): void {
  const { group = '', kind = 'Service', port } = backend;
  if (group === '' && kind === 'Service' && port === undefined) report(['port'], 'is required for a Service');
  if (group === 'gateway.networking.x-k8s.io' && kind === 'XBackend' && port !== undefined) {
    report(['port'], 'must not be set for an XBackend, which has its own');
  }
}

export const parentReferences: ListShape = list(
  object({ name: objectName }, { group, kind, namespace: labelName, sectionName: subdomainName, port }),
  { maxItems: 32, rules: [checkParents] },
);

interface Parent {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
  readonly port?: number;
}

/** "It is invalid to reference two identical parents. It is valid to reference multiple distinct sections within the same parent." */
function checkParents(parents: readonly Parent[], report: Report): void {
  for (const [i, parent] of parents.entries()) {
    const earlier = parents.slice(0, i).findIndex((other) => collide(parent, other));
    if (earlier < 0) continue;
    const same = `refers to the same parent as entry ${earlier}`;
    report([i], `${same}; give both a sectionName or port of their own, or remove one`);
  }
}

/** The same parent, and not told apart by sections or ports that both name. */
function collide(a: Parent, b: Parent): boolean {
  if (parentKey(a) !== parentKey(b)) return false;
  const alike =
    (a.sectionName === undefined) === (b.sectionName === undefined) &&
    (a.port === undefined) === (b.port === undefined);
  return !alike || (a.sectionName === b.sectionName && a.port === b.port);
}

function parentKey({ group = 'gateway.networking.k8s.io', kind = 'Gateway', namespace = '', name }: Parent): string {
  return `${group} ${kind} ${namespace} ${name}`;
}
