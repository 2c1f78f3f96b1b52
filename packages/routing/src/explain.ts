import type { Field } from '@fairlead/message';
import { describeEntry, describeFailure, describeFilter } from './explain-text.ts';
import type { Match, RequestView } from './match.ts';
import { type FailedCondition, firstFailure, hostnameMatches, hostTablesFor, matchNaively } from './match-naive.ts';
import { type EncodedSlashes, normalizePath } from './path.ts';
import type { Bind, HostTable, Listener, MatchEntry, RouteName, RouteTable, Rule, RuleFailure } from './table.ts';

/** A request to be explained. */
export interface ExplainedRequest {
  readonly method: string;
  /** Without port, lower case. */
  readonly host: string;
  /** Path and query as the client would send them. */
  readonly target: string;
  readonly fields: readonly Field[];
}

/** Where a request goes, and why not elsewhere. Plain data; `formatExplanation` makes text of it. */
export interface Explanation {
  readonly outcome:
    | 'matched'
    /** No rule of the listener matches: 404. */
    | 'no_route'
    /** No listener of the bind takes the host. */
    | 'no_listener'
    /** The path has no form that all readers agree on: 400. */
    | 'bad_path';
  readonly method: string;
  readonly host: string;
  /** As it is matched and forwarded; as it was sent when it is bad. */
  readonly path: string;
  readonly query: string;
  /** `Listener.id`; '' without. */
  readonly listener: string;
  readonly match: ExplainedMatch | null;
  /** Rules that would have gone before, those that came closest first. */
  readonly lost: readonly LostRule[];
  /** How many more lost. */
  readonly lostMore: number;
}

export interface ExplainedMatch {
  readonly route: RouteName;
  /** `Rule.id`. */
  readonly rule: string;
  /** `rules[].name`; '' without. */
  readonly ruleName: string;
  /** The route's hostname that matched; '' for any. */
  readonly hostname: string;
  readonly entry: MatchEntry;
  /** `entry` in words. */
  readonly conditions: string;
  readonly filters: readonly string[];
  readonly failure: RuleFailure | null;
  readonly backends: readonly ExplainedBackend[];
}

export interface ExplainedBackend {
  /** `Backend.id`; null when the reference is invalid: its share is answered 500. */
  readonly backend: string | null;
  readonly weight: number;
  /** 0 to 1. */
  readonly share: number;
  readonly filters: readonly string[];
}

export interface LostRule {
  readonly rule: string;
  readonly hostname: string;
  readonly conditions: string;
  /** The first condition that did not hold, in words. */
  readonly because: string;
}

/** How many lost rules are told. */
const maxLost = 20;

/** Matches with the specification, not with the compiled matcher: slow, and free of what it might have got wrong. */
export function explainMatch(
  table: RouteTable,
  bind: Bind,
  request: ExplainedRequest,
  encodedSlashes: EncodedSlashes = 'reject',
): Explanation {
  const question = toQuestion(bind, request, encodedSlashes);
  const { listener, view, host } = question;
  if (view === null) return explanationOf(question, 'bad_path', null, []);
  if (listener === null) return explanationOf(question, 'no_listener', null, []);
  const match = matchNaively(table, listener.id, host, view);
  const lost = lostBefore(match, hostTablesFor(table, listener.id, host), host, view);
  if (match === null) return explanationOf(question, 'no_route', null, lost);
  return explanationOf(question, 'matched', explainedMatch(match, table.rules.get(match.entry.rule)!), lost);
}

interface Question extends ExplainedRequest {
  readonly path: string;
  readonly query: string;
  readonly listener: Listener | null;
  /** Null when the path is bad. */
  readonly view: RequestView | null;
}

function toQuestion(bind: Bind, request: ExplainedRequest, encodedSlashes: EncodedSlashes): Question {
  const { method, host, target, fields } = request;
  const mark = target.indexOf('?');
  const sent = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  const path = normalizePath(sent, encodedSlashes);
  const listener = bind.listeners.find(({ hostname }) => hostnameMatches(hostname, host)) ?? null;
  return {
    ...request,
    path: path ?? sent,
    query,
    listener,
    view: path === null ? null : { method, path, query, fields },
  };
}

function explanationOf(
  { method, host, path, query, listener }: Question,
  outcome: Explanation['outcome'],
  match: ExplainedMatch | null,
  lost: readonly Loser[],
): Explanation {
  return {
    outcome,
    method,
    host,
    path,
    query,
    listener: listener?.id ?? '',
    match,
    lost: lost.slice(0, maxLost).map(({ told }) => told),
    lostMore: Math.max(0, lost.length - maxLost),
  };
}

function explainedMatch({ host, entry }: Match, rule: Rule): ExplainedMatch {
  const total = rule.backends.reduce((sum, { weight }) => sum + weight, 0);
  return {
    route: rule.route,
    rule: rule.id,
    ruleName: rule.name,
    hostname: host.hostname,
    entry,
    conditions: describeEntry(entry),
    filters: rule.filters.map(describeFilter),
    failure: rule.failure,
    backends: rule.backends.map(({ backend, weight, filters }) => ({
      backend,
      weight,
      share: weight / total,
      filters: filters.map(describeFilter),
    })),
  };
}

interface Loser {
  readonly told: LostRule;
  /** How far it came: the later the failed condition, the closer. */
  readonly distance: number;
}

const distances: Readonly<Record<FailedCondition['part'], number>> = { query: 0, header: 1, method: 2, path: 3 };

/** The best entry of every rule that stands before the match, closest first, else in order of precedence. */
function lostBefore(
  match: Match | null,
  hosts: readonly HostTable[],
  host: string,
  view: RequestView,
): readonly Loser[] {
  const best = new Map<string, Loser>();
  for (const hostTable of hosts) {
    for (const entry of hostTable.entries) {
      if (entry === match?.entry && hostTable.key === match.host.key) return ranked(best, entry.rule);
      const loser = toLoser(hostTable, entry, host, view);
      const before = best.get(entry.rule);
      if (before === undefined || loser.distance < before.distance) best.set(entry.rule, loser);
    }
  }
  return ranked(best, '');
}

/** Without the winner's own rule. */
function ranked(best: ReadonlyMap<string, Loser>, winner: string): readonly Loser[] {
  return [...best.values()].filter(({ told }) => told.rule !== winner).sort((a, b) => a.distance - b.distance);
}

/** `entry` does not match. */
function toLoser({ hostname }: HostTable, entry: MatchEntry, host: string, view: RequestView): Loser {
  const failed = firstFailure(entry, host, view)!;
  const because = describeFailure(failed, entry, host, view);
  return {
    told: { rule: entry.rule, hostname, conditions: describeEntry(entry), because },
    distance: distances[failed.part],
  };
}
