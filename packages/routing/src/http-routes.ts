import type { HttpRoute, HttpRouteRule } from '@fairlead/resources';
import type { Attachment } from './attach.ts';
import { isRouteHostname } from './field-syntax.ts';
import type { Contribution, Lookups, RouteNode } from './graph.ts';
import { intersects } from './hostnames.ts';
import { type ConditionProblem, type Finding, toProblem } from './problems.ts';
import type { Reads } from './reads.ts';
import { findParents } from './route-parents.ts';
import { type RouteVerdict, writeRouteStatus } from './route-status.ts';
import { type RouteVariant, toVariant, variantKey } from './route-variants.ts';
import { draftRule, type RuleDraft } from './rules.ts';
import type { Backend, RouteName, Rule } from './table.ts';

/** "One rule that matches everything" stands for absent rules. */
const defaultRules: readonly HttpRouteRule[] = [{}];

/** Everything about one HTTPRoute: what it brings to the table, and what its parents are told. */
export function buildHttpRoute(
  route: HttpRoute,
  controllerName: string,
  reads: Reads<Lookups>,
  before: RouteNode | undefined,
): RouteNode {
  const { namespace = '', name } = route.metadata;
  const routeName: RouteName = { kind: 'HTTPRoute', namespace, name };
  const { hostnames, findings: badHostnames } = checkHostnames(route);
  const specs = route.spec.rules ?? defaultRules;
  const drafts = specs.map((_, index) => draftRule(specs, index, routeName, reads));
  const { attachments, strays } = findParents({ ...routeName, hostnames }, route.spec.parentRefs ?? [], reads);
  const verdict = toVerdict(route, controllerName, hostnames, badHostnames, drafts);
  const accepted = attachments.filter(({ refused }) => refused === null && verdict.refused === null);
  const refusals = attachments.flatMap(({ refused }) => refused ?? []);
  return {
    route,
    status: writeRouteStatus(attachments, verdict),
    problems: toProblems(routeName, [...refusals, ...badHostnames, ...strays], drafts),
    attached: distinct(accepted.flatMap(({ listeners }) => listeners.map(({ id }) => id))),
    gateways: distinct(accepted.map(({ gateway }) => `${gateway.namespace}/${gateway.name}`)),
    policedServices: distinct(drafts.flatMap((draft) => draft.policedServices)),
    ...contribute(route, hostnames, accepted, drafts, before?.contributions ?? []),
  };
}

/** In lower case; those that are none are left out. */
function checkHostnames({ spec }: HttpRoute): {
  readonly hostnames: readonly string[];
  readonly findings: readonly Finding[];
} {
  const hostnames: string[] = [];
  const findings: Finding[] = [];
  (spec.hostnames ?? []).forEach((hostname, i) => {
    if (isRouteHostname(hostname)) hostnames.push(hostname.toLowerCase());
    else {
      const message = `"${hostname}" is not a hostname: letters, digits, "-" and ".", with "*." in front at most, and no IP address`;
      findings.push({ path: ['spec', 'hostnames', i], reason: 'UnsupportedValue', message });
    }
  });
  return { hostnames: distinct(hostnames), findings };
}

function toVerdict(
  route: HttpRoute,
  controllerName: string,
  hostnames: readonly string[],
  badHostnames: readonly Finding[],
  drafts: readonly RuleDraft[],
): RouteVerdict {
  const dropped = drafts.flatMap(({ findings: { invalid } }, rule) =>
    invalid.length === 0 ? [] : [{ rule, findings: invalid }],
  );
  const whollyInvalid = dropped.length > 0 && dropped.length === drafts.length;
  const hostless = hostnames.length === 0 ? badHostnames[0] : undefined;
  return {
    generation: route.metadata.generation ?? 0,
    controllerName,
    refused: hostless ?? (whollyInvalid ? dropped[0]!.findings[0]! : null),
    remark: badHostnames.map(({ message }) => `ignored hostname: ${message}`).join('; '),
    dropped,
    unresolved: drafts.flatMap(({ findings }) => findings.unresolved),
  };
}

function toProblems(
  object: RouteName,
  findings: readonly Finding[],
  drafts: readonly RuleDraft[],
): readonly ConditionProblem[] {
  return [
    ...findings.map((finding) => toProblem(object, finding)),
    ...drafts.flatMap(({ findings: { invalid, unresolved, warnings } }) => [
      ...[...invalid, ...unresolved].map((finding) => toProblem(object, finding)),
      ...warnings.map((finding) => toProblem(object, finding, 'warning')),
    ]),
  ];
}

/** Most lists here have one element: no Set for those. */
function distinct(list: readonly string[]): readonly string[] {
  return list.length < 2 ? list : [...new Set(list)];
}

/** What it brings to the host tables of the listeners that serve, and the rules and backends behind that. */
function contribute(
  route: HttpRoute,
  hostnames: readonly string[],
  attachments: readonly Attachment[],
  drafts: readonly RuleDraft[],
  before: readonly Contribution[],
): {
  readonly contributions: readonly Contribution[];
  readonly rules: readonly Rule[];
  readonly backends: readonly Backend[];
} {
  const variants = new Map<string, RouteVariant>();
  const contributions = new Map<string, Contribution>();
  for (const { gateway, listeners } of attachments) {
    for (const listener of listeners.filter(({ serving }) => serving)) {
      const key = variantKey(gateway);
      const old = before.find((contribution) => contribution.variant === key);
      const variant = variants.get(key) ?? toVariant(route, drafts, gateway, old?.entries ?? []);
      variants.set(key, variant);
      for (const hostname of hostnames.length === 0 ? [''] : hostnames) {
        if (!intersects(hostname, listener.hostname)) continue;
        const host = `${listener.id} ${hostname}`;
        contributions.set(host, { host, listener: listener.id, hostname, variant: key, entries: variant.entries });
      }
    }
  }
  return {
    contributions: [...contributions.values()],
    rules: [...variants.values()].flatMap(({ rules }) => rules),
    backends: [...variants.values()].flatMap(({ backends }) => backends),
  };
}
