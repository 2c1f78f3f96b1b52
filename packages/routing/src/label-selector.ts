import type { LabelExpression, LabelSelector, Namespace } from '@fairlead/resources';

export type Labels = Readonly<Record<string, string>>;

/** An empty or absent selector selects everything, as in Kubernetes. All its requirements must hold. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {})) if (labels[key] !== value) return false;
  return (selector?.matchExpressions ?? []).every((expression) => holds(expression, labels));
}

/** Every namespace has the label of its name, also where (in a directory of manifests) nobody wrote it down. */
export function namespaceLabels(name: string, namespace: Namespace | undefined): Labels {
  return { 'kubernetes.io/metadata.name': name, ...namespace?.metadata.labels };
}

function holds(expression: LabelExpression, labels: Labels): boolean {
  const value = labels[expression.key];
  switch (expression.operator) {
    case 'In':
      return value !== undefined && (expression.values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(expression.values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
