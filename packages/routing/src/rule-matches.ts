import type { HttpPathMatch, HttpRouteMatch, NamedMatch } from '@fairlead/resources';
import { RE2JS } from 're2js';
import { checkPath, isToken } from './field-syntax.ts';
import { normalizePath } from './path.ts';
import { type Rank, rankHttpMatch } from './precedence.ts';
import type { FieldPath } from './problems.ts';
import type { RuleFindings } from './rule-findings.ts';
import type { MatchEntry, PathMatch, ValueMatch } from './table.ts';

/** A `matches[]` element before it is known under which id its rule is in the table. */
export interface CompiledMatch {
  readonly entry: Omit<MatchEntry, 'rule'>;
  readonly rank: Rank;
}

/** "If no matches are specified, the default is a prefix path match on '/'". */
const everything: readonly HttpRouteMatch[] = [{}];

const methods: ReadonlySet<string> = new Set('GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH'.split(' '));

/** Only the good ones; the findings tell of the others. `rule` is the path of the rule. */
export function compileMatches(
  specs: readonly HttpRouteMatch[] | undefined,
  rule: FieldPath,
  findings: RuleFindings,
): readonly CompiledMatch[] {
  const matches = specs === undefined || specs.length === 0 ? everything : specs;
  return matches.flatMap((spec, i) => {
    const before = findings.invalid.length;
    const match = compileMatch(spec, [...rule, 'matches', i], findings);
    return findings.invalid.length === before ? [match] : [];
  });
}

/** Every match of the rule is a path prefix. */
export function areOnlyPrefixes(specs: readonly HttpRouteMatch[] | undefined): boolean {
  return (specs ?? []).every((spec) => (spec.path?.type ?? 'PathPrefix') === 'PathPrefix');
}

function compileMatch(spec: HttpRouteMatch, at: FieldPath, findings: RuleFindings): CompiledMatch {
  const { method = '' } = spec;
  if (method !== '' && !methods.has(method))
    findings.addInvalid([...at, 'method'], `method "${method}" is not supported`);
  const entry = {
    path: compilePath(spec.path ?? anyPath, at, findings),
    method,
    headers: compileHeaders(spec.headers, at, findings),
    query:
      spec.queryParams === undefined
        ? none
        : compileValues(spec.queryParams, asWritten, [...at, 'queryParams'], findings),
  };
  return { entry, rank: rankHttpMatch(entry) };
}

/** `match` is the path of the match. */
export function compileHeaders(
  specs: readonly NamedMatch[] | undefined,
  match: FieldPath,
  findings: RuleFindings,
): readonly ValueMatch[] {
  return specs === undefined ? none : compileValues(specs, lowerCase, [...match, 'headers'], findings);
}

const anyPath: HttpPathMatch = {};
const none: readonly ValueMatch[] = [];

function compilePath(spec: HttpPathMatch, at: FieldPath, findings: RuleFindings): PathMatch {
  const { type = 'PathPrefix', value = '/' } = spec;
  const wrong = (message: string): void => findings.addInvalid([...at, 'path', 'value'], `"${value}" ${message}`);
  if (type === 'RegularExpression') {
    checkRegex(value, [...at, 'path', 'value'], findings);
    return { type: 'regex', value };
  }
  if (type !== 'Exact' && type !== 'PathPrefix') {
    findings.addInvalid(
      [...at, 'path', 'type'],
      `type "${type}" is not supported; use Exact, PathPrefix or RegularExpression`,
    );
  }
  const error = checkPath(value);
  // Requests are matched in their normal form, so that is what they are compared with.
  const normal = error === null ? normalizePath(value, 'keep') : value;
  if (error !== null) wrong(error);
  else if (normal === null) wrong('has elements that readers disagree about, such as ".;x"');
  if (type === 'Exact') return { type: 'exact', value: normal ?? value };
  return { type: 'prefix', value: withoutTrailingSlash(normal ?? value) };
}

/** "When specified, a trailing `/` is ignored." */
function withoutTrailingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

function lowerCase(name: string): string {
  return name.toLowerCase();
}

function asWritten(name: string): string {
  return name;
}

/** "only the first entry with an equivalent name MUST be considered for a match. Subsequent entries … MUST be ignored." */
function compileValues(
  specs: readonly NamedMatch[],
  toName: (name: string) => string,
  path: FieldPath,
  findings: RuleFindings,
): readonly ValueMatch[] {
  const matches = new Map<string, ValueMatch>();
  specs.forEach((spec, i) => {
    const name = toName(spec.name);
    if (matches.has(name))
      findings.addWarning([...path, i, 'name'], `"${spec.name}" is named before; only the first counts`);
    else matches.set(name, compileValue(spec, name, [...path, i], findings));
  });
  return [...matches.values()];
}

function compileValue(spec: NamedMatch, name: string, path: FieldPath, findings: RuleFindings): ValueMatch {
  const { type = 'Exact', value } = spec;
  if (!isToken(name)) findings.addInvalid([...path, 'name'], `"${spec.name}" is not a name`);
  if (type === 'RegularExpression') {
    checkRegex(value, [...path, 'value'], findings);
    return { name, type: 'regex', value };
  }
  if (type !== 'Exact')
    findings.addInvalid([...path, 'type'], `type "${type}" is not supported; use Exact or RegularExpression`);
  return { name, type: 'exact', value };
}

/** Patterns of users are of RE2 syntax, whatever they are matched with. */
export function checkRegex(pattern: string, path: FieldPath, findings: RuleFindings): void {
  try {
    RE2JS.compile(pattern);
  } catch (error) {
    const reason = (error as Error).message.replace(/^error parsing regexp: /, '');
    findings.addInvalid(path, `"${pattern}" is not a regular expression of RE2 syntax: ${reason}`);
  }
}
