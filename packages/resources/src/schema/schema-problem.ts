/** Where in an object a field stands: `['spec', 'rules', 1, 'backendRefs', 0]`. */
export type SchemaPath = readonly (string | number)[];

/** Something an API server would refuse about a manifest, or, as a warning, something that will not have the effect its author may expect. */
export interface SchemaProblem {
  readonly path: SchemaPath;
  /** Without the path; says what is allowed. */
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** How checks report: collects errors. */
export type Report = (path: SchemaPath, message: string) => void;

/** `spec.rules[1].backendRefs[0]`, `metadata.labels["app/name"]`; '' for the object itself. */
export function formatSchemaPath(path: SchemaPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}
