import type { GrpcRoute, HttpRoute, HttpRouteRule } from '@fairlead/resources';
import { type Attachment, lossFinding, withoutLosses } from './attach.ts';
import { isRouteHostname } from './field-syntax.ts';
import type { Contribution, KindLoss, Lookups, RouteClaim, RouteNode } from './graph.ts';
import { intersects } from './hostnames.ts';
import { routeKey } from './kind-conflicts.ts';
import { type ConditionProblem, type Finding, toProblem } from './problems.ts';
import type { Reads } from './reads.ts';
import { findParents } from './route-parents.ts';
import { type RouteVerdict, writeRouteStatus } from './route-status.ts';
import { type RouteVariant, toVariant, variantKey } from './route-variants.ts';
import { draftGrpcRule, draftHttpRule, type RuleDraft } from './rules.ts';
import { keep } from './same.ts';
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
  const name = nameOf('HTTPRoute', route);
  const specs = route.spec.rules ?? defaultRules;
  const drafts = specs.map((_, index) => draftHttpRule(specs, index, name, reads));
  return buildRoute({ name, route, drafts, controllerName, reads, before });
}

/** The same of one GRPCRoute. */
export function buildGrpcRoute(
  route: GrpcRoute,
  controllerName: string,
  reads: Reads<Lookups>,
  before: RouteNode | undefined,
): RouteNode {
  const name = nameOf('GRPCRoute', route);
  const specs = route.spec.rules ?? [];
  const drafts = specs.map((_, index) => draftGrpcRule(specs, index, name, reads));
  return buildRoute({ name, route, drafts, controllerName, reads, before });
}

function nameOf(kind: RouteName['kind'], { metadata: { namespace = '', name } }: HttpRoute | GrpcRoute): RouteName {
  return { kind, namespace, name };
}

interface RouteSource {
  readonly name: RouteName;
  readonly route: HttpRoute | GrpcRoute;
  readonly drafts: readonly RuleDraft[];
  readonly controllerName: string;
  readonly reads: Reads<Lookups>;
  readonly before: RouteNode | undefined;
}

/** What holds for every kind of route. */
function buildRoute({ name, route, drafts, controllerName, reads, before }: RouteSource): RouteNode {
  const { hostnames, findings: badHostnames } = checkHostnames(route);
  const parents = findParents({ ...name, hostnames }, route.spec.parentRefs ?? [], reads);
  const verdict = toVerdict(route, controllerName, hostnames, badHostnames, drafts);
  const claim = toClaim(name, route, hostnames, verdict.refused === null ? parents.attachments : []);
  const losses = reads.get('kindLosses', routeKey(name)) ?? noLosses;
  const attachments = parents.attachments.map((attachment) => withoutLosses(attachment, losses));
  const accepted = attachments.filter(({ refused }) => refused === null && verdict.refused === null);
  const refusals = attachments.flatMap(({ refused }) => refused ?? []);
  return {
    claim: keep(before?.claim, claim),
    status: writeRouteStatus(attachments, verdict),
    problems: [
      ...toProblems(name, [...refusals, ...badHostnames, ...parents.strays], drafts),
      ...[...partlyLost(accepted, losses), ...(drafts.length === 0 ? [noRules] : [])].map((finding) =>
        toProblem(name, finding, 'warning'),
      ),
    ],
    attached: distinct(accepted.flatMap(({ listeners }) => listeners.map(({ id }) => id))),
    gateways: distinct(accepted.map(({ gateway }) => gateway.gateway)),
    policedServices: distinct(drafts.flatMap((draft) => draft.policedServices)),
    ...contribute(claim, hostnames, accepted, drafts, before?.contributions ?? []),
  };
}

const noLosses: readonly KindLoss[] = [];
const noRules: Finding = { path: ['spec', 'rules'], reason: 'NoRules', message: 'there are none: no request matches' };

function toClaim(
  route: RouteName,
  { metadata }: HttpRoute | GrpcRoute,
  hostnames: readonly string[],
  attachments: readonly Attachment[],
): RouteClaim {
  const asked = hostnames.length === 0 ? anyHostname : hostnames;
  const listeners = new Map(attachments.flatMap((one) => one.listeners.map((listener) => [listener.id, listener])));
  return {
    route,
    createdAt: metadata.creationTimestamp ?? '',
    listeners: [...listeners.values()].map(({ id, hostname }) => {
      const met = asked.filter((name) => intersects(name, hostname));
      return { id, hostnames: met.length === asked.length ? asked : met };
    }),
  };
}

const anyHostname: readonly string[] = [''];

/** Of a parent that takes the route, the listeners that don't. */
function partlyLost(accepted: readonly Attachment[], losses: readonly KindLoss[]): readonly Finding[] {
  if (losses.length === 0) return [];
  const listeners = new Set(accepted.flatMap(({ gateway }) => gateway.listeners.map(({ id }) => id)));
  return losses.filter(({ listener }) => listeners.has(listener)).map((loss) => lossFinding(loss));
}

/** In lower case; those that are none are left out. */
function checkHostnames({ spec }: HttpRoute | GrpcRoute): {
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
  route: HttpRoute | GrpcRoute,
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
  claim: RouteClaim,
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
      const variant = variants.get(key) ?? toVariant(claim, drafts, gateway, old?.entries ?? []);
      variants.set(key, variant);
      for (const hostname of hostnames.length === 0 ? anyHostname : hostnames) {
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
