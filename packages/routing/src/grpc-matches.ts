import type { GrpcMethodMatch, GrpcRouteMatch } from '@fairlead/resources';
import { type NamePattern, rankGrpcMatch } from './precedence.ts';
import type { FieldPath } from './problems.ts';
import type { RuleFindings } from './rule-findings.ts';
import { type CompiledMatch, checkRegex, compileHeaders } from './rule-matches.ts';
import type { PathMatch, ValueMatch } from './table.ts';

/** "If no matches are specified, the implementation MUST match every gRPC request." */
const everything: readonly GrpcRouteMatch[] = [{}];

const any: NamePattern = { type: 'exact', value: '' };
const noQuery: readonly ValueMatch[] = [];

/**
 * Matches of a GRPCRoute act "as if a URI match had been used" (GEP-1016): `/service/method`. The HTTP method is left open, so that what
 * speaks of gRPC services in other ways gets through too: the preflights of gRPC-Web, the GET of Connect. Only the good ones; the findings tell
 * of the others. `rule` is the path of the rule.
 */
export function compileGrpcMatches(
  specs: readonly GrpcRouteMatch[] | undefined,
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

function compileMatch(spec: GrpcRouteMatch, at: FieldPath, findings: RuleFindings): CompiledMatch {
  const path = [...at, 'method'];
  const type = compileType(spec.method, path, findings);
  const service = compileName(spec.method?.service, type, serviceName, [...path, 'service'], findings);
  const method = compileName(spec.method?.method, type, methodName, [...path, 'method'], findings);
  if (spec.method !== undefined && service.value === '' && method.value === '' && type === 'exact') {
    findings.addInvalid(path, 'must name a service, a method or both');
  }
  const headers = compileHeaders(spec.headers, at, findings);
  return {
    entry: { path: toPath(service, method), method: '', headers, query: noQuery },
    rank: rankGrpcMatch(service, method, headers.length),
  };
}

function compileType(spec: GrpcMethodMatch | undefined, path: FieldPath, findings: RuleFindings): NamePattern['type'] {
  const type = spec?.type ?? 'Exact';
  if (type === 'RegularExpression') return 'regex';
  if (type !== 'Exact') {
    findings.addInvalid([...path, 'type'], `type "${type}" is not supported; use Exact or RegularExpression`);
  }
  return 'exact';
}

const serviceName = { pattern: /^\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*$/i, words: 'a gRPC service' };
const methodName = { pattern: /^[a-z_][a-z_0-9]*$/i, words: 'a gRPC method' };

function compileName(
  value: string | undefined,
  type: NamePattern['type'],
  { pattern, words }: typeof serviceName,
  path: FieldPath,
  findings: RuleFindings,
): NamePattern {
  if (value === undefined || value === '') return any;
  if (type === 'regex') checkRegex(value, path, findings);
  else if (!pattern.test(value)) findings.addInvalid(path, `"${value}" is not the name of ${words}`);
  return { type, value };
}

/** The matrix of GEP-1016, "Matcher Types". */
function toPath(service: NamePattern, method: NamePattern): PathMatch {
  if (service.value === '' && method.value === '') return { type: 'prefix', value: '' };
  const isExact = service.type === 'exact' && method.type === 'exact';
  if (isExact && method.value === '') return { type: 'prefix', value: `/${service.value}` };
  if (isExact && service.value !== '') return { type: 'exact', value: `/${service.value}/${method.value}` };
  return { type: 'regex', value: `/${toExpression(service)}/${toExpression(method)}` };
}

function toExpression({ type, value }: NamePattern): string {
  if (value === '') return '[^/]+';
  return type === 'exact' ? value : `(?:${value})`;
}
