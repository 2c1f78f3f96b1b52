import { compareText } from './age.ts';

/** Where in an object a field stands: `['spec', 'rules', 1, 'backendRefs', 0]`. */
export type FieldPath = readonly (string | number)[];

export interface ObjectId {
  readonly kind: string;
  /** '' for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
}

/**
 * Something wrong or doubtful in one object's configuration, with the field to look at. Every condition with a bad status has at least one;
 * some problems have no condition (a route that names a Gateway which does not exist has no parent to report to).
 */
export interface ConditionProblem {
  readonly object: ObjectId;
  readonly path: FieldPath;
  /** The condition's reason, e.g. `BackendNotFound`. */
  readonly reason: string;
  /** Without the path; says what to do. */
  readonly message: string;
  /** 'error': something asked for is not served. */
  readonly severity: 'error' | 'warning';
}

/** A problem before it is known which object's it is. */
export interface Finding {
  readonly path: FieldPath;
  readonly reason: string;
  readonly message: string;
}

/** By kind, namespace and name; those of one object stay in their order. */
export function sortProblems(problems: readonly ConditionProblem[]): readonly ConditionProblem[] {
  return [...problems].sort(
    ({ object: a }, { object: b }) =>
      compareText(a.kind, b.kind) || compareText(a.namespace, b.namespace) || compareText(a.name, b.name),
  );
}

/** `spec.rules[1].backendRefs[0]`; '' for the object itself. */
export function formatPath(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

export function formatFinding(finding: Finding): string {
  return finding.path.length === 0 ? finding.message : `${formatPath(finding.path)}: ${finding.message}`;
}

export function toProblem(
  object: ObjectId,
  finding: Finding,
  severity: 'error' | 'warning' = 'error',
): ConditionProblem {
  const { kind, namespace, name } = object;
  return {
    object: { kind, namespace, name },
    path: finding.path,
    reason: finding.reason,
    message: finding.message,
    severity,
  };
}
