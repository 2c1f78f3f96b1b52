import type { GrpcRouteRule, HttpBackendRef, HttpRouteRule } from '@fairlead/resources';
import type { Lookups } from './graph.ts';
import { compileGrpcMatches } from './grpc-matches.ts';
import type { FieldPath } from './problems.ts';
import type { Reads } from './reads.ts';
import { RuleContext } from './rule-context.ts';
import { type CompiledFilters, compileFilters } from './rule-filters.ts';
import type { RuleFindings } from './rule-findings.ts';
import { areOnlyPrefixes, type CompiledMatch, compileMatches } from './rule-matches.ts';
import { compileRetry, compileTimeouts } from './rule-timing.ts';
import { compileSession } from './session-policy.ts';
import type { Backend, Filter, RouteName, Rule, RuleFailure, WeightedBackend } from './table.ts';

/** One rule of a route, compiled, before it is known through which Gateways requests reach it. */
export interface RuleDraft {
  readonly matches: readonly CompiledMatch[];
  /** Null when it is dropped: see `findings.invalid`. */
  readonly rule: Rule | null;
  /** Those it sends or mirrors to. */
  readonly backends: readonly Backend[];
  readonly policedServices: readonly string[];
  readonly findings: RuleFindings;
}

/** How the two kinds of route differ: in what they match. All else that a rule of HTTPRoute can say, one of GRPCRoute may leave out. */
type RuleSpec = Omit<HttpRouteRule, 'matches'>;

export function draftHttpRule(
  specs: readonly HttpRouteRule[],
  index: number,
  route: RouteName,
  reads: Reads<Lookups>,
): RuleDraft {
  const { matches } = specs[index]!;
  const context = new RuleContext(route, reads, areOnlyPrefixes(matches));
  return draftRule(specs, index, route, context, compileMatches(matches, rulePath(index), context.findings));
}

export function draftGrpcRule(
  specs: readonly GrpcRouteRule[],
  index: number,
  route: RouteName,
  reads: Reads<Lookups>,
): RuleDraft {
  const context = new RuleContext(route, reads, false);
  const matches = compileGrpcMatches(specs[index]!.matches, rulePath(index), context.findings);
  return draftRule(specs, index, route, context, matches);
}

function rulePath(index: number): FieldPath {
  return ['spec', 'rules', index];
}

function draftRule(
  specs: readonly RuleSpec[],
  index: number,
  route: RouteName,
  context: RuleContext,
  matches: readonly CompiledMatch[],
): RuleDraft {
  const spec = specs[index]!;
  const path = rulePath(index);
  const { findings } = context;
  checkName(specs, index, path, findings);
  const filtered = compileFilters(spec.filters, path, context);
  const rule = compileRule(spec, index, path, route, filtered, context);
  const kept = findings.invalid.length === 0 || filtered.failure !== null;
  if (kept && rule.failure === noBackends) {
    findings.addWarning([...path, 'backendRefs'], 'leads nowhere: requests are answered 500', 'NoBackends');
  }
  return {
    matches: kept ? matches : [],
    rule: kept ? rule : null,
    backends: kept ? backendsOf(rule, context) : [],
    policedServices: context.policedServices,
    findings,
  };
}

/** "This name MUST be unique within a Route if it is set." */
function checkName(specs: readonly RuleSpec[], index: number, path: FieldPath, findings: RuleFindings): void {
  const { name } = specs[index]!;
  if (name === undefined || specs.findIndex((other) => other.name === name) === index) return;
  findings.addInvalid([...path, 'name'], `"${name}" is the name of another rule of this route; rename one`);
}

function compileRule(
  spec: RuleSpec,
  index: number,
  path: FieldPath,
  { kind, namespace, name }: RouteName,
  filtered: CompiledFilters,
  context: RuleContext,
): Rule {
  const { findings } = context;
  const id = `${kind}/${namespace}/${name}/${index}`;
  const backends = compileBackendRefs(spec.backendRefs ?? [], path, context);
  const redirects = filtered.filters.some((filter) => filter.type === 'requestRedirect');
  if (redirects && (spec.backendRefs ?? []).length > 0) {
    findings.addInvalid([...path, 'backendRefs'], 'must be empty in a rule with filter RequestRedirect');
  }
  return {
    id,
    route: { kind, namespace, name },
    index,
    name: spec.name ?? '',
    filters: filtered.filters,
    backends: filtered.failure === null ? backends : [],
    timeouts: compileTimeouts(spec.timeouts, path, findings),
    retry: compileRetry(spec.retry, path, findings),
    sessionPersistence: compileSession(spec.sessionPersistence, id, path, findings),
    failure: filtered.failure ?? (backends.length === 0 && !redirects ? noBackends : null),
  };
}

/** Those it sends or mirrors to: not those that stood at a weight of 0, or beside a filter that can't be run. */
function backendsOf(rule: Rule, { backends }: RuleContext): readonly Backend[] {
  return backends.filter(
    ({ id }) =>
      rule.backends.some((one) => one.backend === id || mirrorsTo(one.filters, id)) || mirrorsTo(rule.filters, id),
  );
}

function mirrorsTo(filters: readonly Filter[], backend: string): boolean {
  return filters.some((filter) => filter.type === 'requestMirror' && filter.backend === backend);
}

const noBackends: RuleFailure = { status: 500, reason: 'no_backends' };
const maxWeight = 1_000_000;

/** "If weight is set to 0, no traffic should be forwarded for this entry." Invalid references keep their share: it is answered 500. */
function compileBackendRefs(
  refs: readonly HttpBackendRef[],
  path: FieldPath,
  context: RuleContext,
): readonly WeightedBackend[] {
  return refs.flatMap((ref, i) => {
    const { weight = 1 } = ref;
    const refPath = [...path, 'backendRefs', i];
    if (!(Number.isSafeInteger(weight) && weight >= 0 && weight <= maxWeight)) {
      context.findings.addInvalid([...refPath, 'weight'], `${weight} is not a whole number between 0 and ${maxWeight}`);
    }
    const { filters, failure } = compileFilters(ref.filters, refPath, context);
    const backend = context.useBackend(ref, refPath);
    return weight === 0 ? [] : [{ backend: failure === null ? backend : null, weight, filters }];
  });
}
