import type { HttpPathModifier } from '@fairlead/resources';
import { isPathText } from './field-syntax.ts';
import type { FieldPath } from './problems.ts';
import type { RuleContext } from './rule-context.ts';
import type { PathRewrite } from './table.ts';

/** "ReplacePrefixMatch is only compatible with a `PathPrefix` HTTPRouteMatch." */
export function compilePathRewrite(spec: HttpPathModifier, path: FieldPath, context: RuleContext): PathRewrite | null {
  const { findings } = context;
  switch (spec.type) {
    case 'ReplaceFullPath':
      return { type: 'replaceFull', value: checkValue(spec, 'replaceFullPath', path, context) };
    case 'ReplacePrefixMatch':
      if (!context.onlyPrefixes) {
        findings.addInvalid(path, 'ReplacePrefixMatch needs a rule all of whose matches have path type PathPrefix');
      }
      return { type: 'replacePrefix', value: checkValue(spec, 'replacePrefixMatch', path, context) };
    default:
      findings.addInvalid(
        [...path, 'type'],
        `"${spec.type}" is not supported; use ReplaceFullPath or ReplacePrefixMatch`,
      );
      return null;
  }
}

function checkValue(
  spec: HttpPathModifier,
  member: 'replaceFullPath' | 'replacePrefixMatch',
  path: FieldPath,
  { findings }: RuleContext,
): string {
  const value = spec[member];
  const other = member === 'replaceFullPath' ? 'replacePrefixMatch' : 'replaceFullPath';
  if (spec[other] !== undefined) findings.addInvalid([...path, other], `must not be set with type ${spec.type}`);
  if (value === undefined) {
    findings.addInvalid(path, `${member} must be set with type ${spec.type}`);
    return '';
  }
  const absolute = value.startsWith('/') || (value === '' && member === 'replacePrefixMatch');
  if (!absolute || !isPathText(value)) {
    findings.addInvalid([...path, member], `"${value}" is not a path that starts with "/", without query or fragment`);
  }
  return value;
}
