import { compareText } from './age.ts';
import type { MatchEntry, PathMatch } from './table.ts';

/** A match with its place among all matches of its host. */
export interface RankedEntry {
  readonly entry: MatchEntry;
  /** `routeKey` of its route. */
  readonly route: string;
  readonly precedence: Precedence;
}

/** Compared key by key; the smaller goes first. No two entries of one host have the same. */
export type Precedence = readonly (number | string)[];

/** What a match asks for, as the first keys of its precedence. */
export type Rank = readonly number[];

/** Where a match stands in its route. */
export interface MatchPlace {
  /** RFC 3339; '' without. */
  readonly createdAt: string;
  /** `routeKey`. */
  readonly route: string;
  readonly rule: number;
  readonly match: number;
}

/**
 * "If ties still exist across multiple Routes, … The oldest Route based on creation timestamp. The Route appearing first in alphabetical
 * order by '{namespace}/{name}'. If ties still exist within" a route, "the FIRST matching rule (in list order)". A host has routes of one kind
 * only.
 */
export function precedenceOf(rank: Rank, { createdAt, route, rule, match }: MatchPlace): Precedence {
  return [...rank, createdAt, route, rule, match];
}

/**
 * HTTPRouteRule.matches: "Across all rules specified on applicable Routes, precedence must be given to the match having: 'Exact' path match.
 * 'Prefix' path match with largest number of characters. Method match. Largest number of header matches. Largest number of query param
 * matches."
 *
 * "The precedence of RegularExpression path matches are implementation-specific": between exact and prefix, longer patterns first, so that
 * a prefix `/` does not hide them.
 */
export function rankHttpMatch({ path, method, headers, query }: Omit<MatchEntry, 'rule'>): Rank {
  return [pathRank[path.type], -path.value.length, method === '' ? 1 : 0, -headers.length, -query.length];
}

const pathRank: Readonly<Record<PathMatch['type'], number>> = { exact: 0, regex: 1, prefix: 2 };

/** A gRPC service or method that a match asks for; '' for any. */
export interface NamePattern {
  readonly type: 'exact' | 'regex';
  readonly value: string;
}

/**
 * GRPCRouteRule.matches: "Precedence MUST be given to the rule with the largest number of: … Characters in a matching service. Characters in
 * a matching method. Header matches." Regular expressions, which the text leaves open, come behind exact names and before none at all.
 */
export function rankGrpcMatch(service: NamePattern, method: NamePattern, headerCount: number): Rank {
  return [nameRank(service), -service.value.length, nameRank(method), -method.value.length, -headerCount];
}

function nameRank({ type, value }: NamePattern): number {
  if (value === '') return 2;
  return type === 'exact' ? 0 : 1;
}

export function compareRanked(a: RankedEntry, b: RankedEntry): number {
  for (let i = 0; i < a.precedence.length; i++) {
    const x = a.precedence[i]!;
    const y = b.precedence[i]!;
    if (x === y) continue;
    return typeof x === 'number' ? x - (y as number) : compareText(x, y as string);
  }
  return 0;
}
