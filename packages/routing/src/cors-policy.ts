import type { HttpCorsFilter } from '@fairlead/resources';
import { isToken } from './field-syntax.ts';
import type { FieldPath } from './problems.ts';
import type { RuleFindings } from './rule-findings.ts';
import type { Cors } from './table.ts';

const defaultMaxAgeSeconds = 5;
const origin = /^https?:\/\/((\*\.)?([a-z0-9-]+\.)*[a-z0-9-]+|\*)(:[0-9]{1,5})?$/i;

export function compileCors(spec: HttpCorsFilter, path: FieldPath, findings: RuleFindings): Cors {
  const { maxAge = defaultMaxAgeSeconds } = spec;
  if (!(Number.isSafeInteger(maxAge) && maxAge >= 1)) {
    findings.addInvalid([...path, 'maxAge'], `${maxAge} is not a number of seconds of at least 1`);
  }
  return {
    type: 'cors',
    allowOrigins: checkList(spec.allowOrigins, [...path, 'allowOrigins'], isOrigin, findings),
    allowMethods: checkList(spec.allowMethods, [...path, 'allowMethods'], isToken, findings),
    allowHeaders: checkList(spec.allowHeaders, [...path, 'allowHeaders'], isToken, findings),
    exposeHeaders: checkList(spec.exposeHeaders, [...path, 'exposeHeaders'], isToken, findings, true),
    allowCredentials: spec.allowCredentials ?? false,
    maxAgeSeconds: maxAge,
  };
}

/** "cannot contain '*' alongside other" values, except where the API lets it. */
function checkList(
  values: readonly string[] | undefined,
  path: FieldPath,
  isGood: (value: string) => boolean,
  findings: RuleFindings,
  mayMix = false,
): readonly string[] {
  const list = values ?? [];
  list.forEach((value, i) => {
    if (value !== '*' && !isGood(value)) findings.addInvalid([...path, i], `"${value}" is not acceptable here`);
  });
  if (!mayMix && list.length > 1 && list.includes('*')) findings.addInvalid(path, '"*" must stand alone');
  return list;
}

/** `scheme://host(:port)`; the host may be `*` or begin with `*.`. */
function isOrigin(text: string): boolean {
  const port = origin.exec(text)?.[4];
  return origin.test(text) && (port === undefined || (Number(port.slice(1)) >= 1 && Number(port.slice(1)) <= 65535));
}
