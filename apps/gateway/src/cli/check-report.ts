import type { Condition, ListenerSetStatus, ParentReference, Statuses } from '@fairlead/resources';
import { type ConditionProblem, formatPath } from '@fairlead/routing';
import { dateWarning, servedCertificates } from '../control/certificate-dates.ts';
import type { SourceProblem } from '../control/source/directory-source.ts';
import type { Offline } from './offline.ts';

/** What `fairlead check` found; also its JSON. */
export interface CheckReport {
  /** No errors. Warnings are allowed. */
  readonly ok: boolean;
  readonly errors: number;
  readonly warnings: number;
  /** Objects with a status, and those that something is wrong with: by kind, namespace and name. */
  readonly objects: readonly ObjectReport[];
  /** Not of an object: files that can't be read. */
  readonly problems: readonly CheckProblem[];
}

export interface ObjectReport extends Place {
  /** `HTTPRoute default/shop`. */
  readonly object: string;
  readonly conditions: readonly Condition[];
  /** Listeners of a Gateway, parents of a route, ancestors of a policy. */
  readonly parts: readonly PartReport[];
  readonly problems: readonly CheckProblem[];
}

interface PartReport {
  /** `listener http`, `parent Gateway default/web`. */
  readonly part: string;
  /** Listeners only: routes accepted there. */
  readonly attachedRoutes?: number;
  readonly conditions: readonly Condition[];
}

export interface CheckProblem extends Place {
  readonly severity: 'error' | 'warning';
  /** `spec.rules[0].matches`; '' for the whole object. */
  readonly field: string;
  /** The condition's reason; '' when the file itself is at fault. */
  readonly reason: string;
  readonly message: string;
}

/** Line 0: not known. */
interface Place {
  readonly file: string;
  readonly line: number;
}

/** Everything that can be said of a directory without serving it. `nowMs` since the epoch: certificates expire. */
export function checkReport(offline: Offline, nowMs: number): CheckReport {
  const objects = new Map<string, ObjectParts>();
  addStatuses(objects, offline.compiled.statuses);
  const loose: CheckProblem[] = [];
  for (const problem of offline.source.problems) addSourceProblem(objects, loose, problem);
  for (const problem of [...offline.compiled.problems, ...expiring(offline, nowMs)]) {
    partsOf(objects, nameOf(problem.object)).problems.push(toCheckProblem(problem, offline));
  }
  const reports = [...objects].map(([object, parts]) => toReport(object, parts, offline));
  const all = [...loose, ...reports.flatMap(({ problems }) => problems)];
  const errors = all.filter(({ severity }) => severity === 'error').length;
  return { ok: errors === 0, errors, warnings: all.length - errors, objects: reports.sort(byObject), problems: loose };
}

/** Conditions that are good news when they are false. */
const negative: ReadonlySet<string> = new Set([
  'Conflicted',
  'OverlappingTLSConfig',
  'PartiallyInvalid',
  'InsecureFrontendValidationMode',
  'Overridden',
]);

export function isGood({ type, status }: Condition): boolean {
  return status === (negative.has(type) ? 'False' : 'True');
}

/** Not worth a word while all is well. */
export function isSilent(condition: Condition): boolean {
  return negative.has(condition.type) && isGood(condition);
}

interface ObjectParts {
  conditions: readonly Condition[];
  parts: readonly PartReport[];
  readonly problems: CheckProblem[];
}

function partsOf(objects: Map<string, ObjectParts>, object: string): ObjectParts {
  let parts = objects.get(object);
  if (parts === undefined) {
    parts = { conditions: [], parts: [], problems: [] };
    objects.set(object, parts);
  }
  return parts;
}

function addStatuses(objects: Map<string, ObjectParts>, statuses: Statuses): void {
  const add = (object: string, conditions: readonly Condition[], parts: readonly PartReport[]): void => {
    objects.set(object, { conditions, parts, problems: [] });
  };
  for (const [key, { conditions }] of statuses.gatewayClasses) add(`GatewayClass ${key}`, conditions, []);
  for (const [object, { conditions, listeners }] of [
    ...named<ListenerSetStatus>('Gateway', statuses.gateways),
    ...named('ListenerSet', statuses.listenerSets),
  ]) {
    const parts = listeners.map((listener) => ({
      part: `listener ${listener.name}`,
      attachedRoutes: listener.attachedRoutes,
      conditions: listener.conditions,
    }));
    add(object, conditions, parts);
  }
  const routes = [
    ...named('HTTPRoute', statuses.httpRoutes),
    ...named('GRPCRoute', statuses.grpcRoutes),
    ...named('TLSRoute', statuses.tlsRoutes),
    ...named('TCPRoute', statuses.tcpRoutes),
    ...named('UDPRoute', statuses.udpRoutes),
  ];
  for (const [object, { parents }] of routes) {
    add(
      object,
      [],
      parents.map(({ parentRef, conditions }) => ({ part: `parent ${parentName(parentRef, object)}`, conditions })),
    );
  }
  const policies = [
    ...named('BackendTLSPolicy', statuses.backendTlsPolicies),
    ...named('ClientTrafficPolicy', statuses.clientTrafficPolicies),
  ];
  for (const [object, { ancestors }] of policies) {
    add(
      object,
      [],
      ancestors.map(({ ancestorRef, conditions }) => ({ part: `for ${parentName(ancestorRef, object)}`, conditions })),
    );
  }
}

function named<T>(kind: string, statuses: ReadonlyMap<string, T>): (readonly [string, T])[] {
  return [...statuses].map(([key, status]) => [`${kind} ${key}`, status]);
}

/** A reference without a namespace means the one of the object it stands in. */
function parentName({ kind, namespace, name, sectionName, port }: ParentReference, object: string): string {
  const section = sectionName === undefined ? '' : `, listener ${sectionName}`;
  const where = port === undefined ? '' : `, port ${port}`;
  return `${kind ?? 'Gateway'} ${namespace ?? splitName(object)[1]}/${name}${section}${where}`;
}

function addSourceProblem(objects: Map<string, ObjectParts>, loose: CheckProblem[], problem: SourceProblem): void {
  const { object, file, line, field, message, severity } = problem;
  const checked = { file, line, field, reason: '', message, severity };
  if (object === '') loose.push(checked);
  else partsOf(objects, object).problems.push(checked);
}

function toCheckProblem(problem: ConditionProblem, { source }: Offline): CheckProblem {
  const { object, path, reason, message, severity } = problem;
  const place = source.locate(object.kind, object.namespace, object.name, [...path]);
  return { file: place?.file ?? '', line: place?.line ?? 0, field: formatPath(path), reason, message, severity };
}

function toReport(object: string, { conditions, parts, problems }: ObjectParts, { source }: Offline): ObjectReport {
  const place = source.locate(...splitName(object)) ?? problems[0];
  return { object, file: place?.file ?? '', line: place?.line ?? 0, conditions, parts, problems };
}

/** Certificates that clients will soon refuse, or already do: they are served all the same. */
function expiring({ compiled, source }: Offline, nowMs: number): readonly ConditionProblem[] {
  return servedCertificates(compiled.table).flatMap((served): ConditionProblem[] => {
    const message = dateWarning(served, nowMs);
    if (message === null) return [];
    const { gateway, name } = served.listener;
    const listeners = source.state.gateways.get(`${gateway.namespace}/${gateway.name}`)?.spec.listeners ?? [];
    const at = listeners.findIndex((listener) => listener.name === name);
    const path = at < 0 ? [] : ['spec', 'listeners', at, 'tls', 'certificateRefs'];
    return [{ object: { kind: 'Gateway', ...gateway }, path, reason: 'CertificateDate', message, severity: 'warning' }];
  });
}

function nameOf({ kind, namespace, name }: ConditionProblem['object']): string {
  return namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

function splitName(object: string): [kind: string, namespace: string, name: string] {
  const space = object.indexOf(' ');
  const key = object.slice(space + 1);
  const slash = key.indexOf('/');
  return [object.slice(0, space), slash < 0 ? '' : key.slice(0, slash), key.slice(slash + 1)];
}

const kindOrder = [
  'GatewayClass',
  'Gateway',
  'ListenerSet',
  'HTTPRoute',
  'GRPCRoute',
  'TLSRoute',
  'TCPRoute',
  'UDPRoute',
  'BackendTLSPolicy',
  'ClientTrafficPolicy',
];

function byObject({ object: a }: ObjectReport, { object: b }: ObjectReport): number {
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

function rank(object: string): number {
  const at = kindOrder.indexOf(object.slice(0, object.indexOf(' ')));
  return at < 0 ? kindOrder.length : at;
}
