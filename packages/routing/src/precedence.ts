import type { HttpRoute } from '@fairlead/resources';
import { compareText, objectKey } from './age.ts';
import type { MatchEntry, PathMatch } from './table.ts';

/** A match with its place among all matches of its host. */
export interface RankedEntry {
  readonly entry: MatchEntry;
  /** `namespace/name` of its route. */
  readonly route: string;
  readonly precedence: Precedence;
}

/** Compared key by key; the smaller goes first. No two entries of one host have the same. */
export type Precedence = readonly (number | string)[];

/** Where a match stands in its route. */
export interface MatchPlace {
  readonly route: HttpRoute;
  readonly rule: number;
  readonly match: number;
}

/**
 * The keys of the API's order, HTTPRouteRule.matches:
 *
 * "Across all rules specified on applicable Routes, precedence must be given to the match having: 'Exact' path match. 'Prefix' path match
 * with largest number of characters. Method match. Largest number of header matches. Largest number of query param matches. … If ties
 * still exist across multiple Routes, … The oldest Route based on creation timestamp. The Route appearing first in alphabetical order by
 * '{namespace}/{name}'. If ties still exist within an HTTPRoute, … the FIRST matching rule (in list order)".
 *
 * "The precedence of RegularExpression path matches are implementation-specific": between exact and prefix, longer patterns first, so that
 * a prefix `/` does not hide them.
 */
export function precedenceOf(entry: MatchEntry, { route, rule, match }: MatchPlace): Precedence {
  return [
    pathRank[entry.path.type],
    -entry.path.value.length,
    entry.method === '' ? 1 : 0,
    -entry.headers.length,
    -entry.query.length,
    route.metadata.creationTimestamp ?? '',
    objectKey(route.metadata),
    rule,
    match,
  ];
}

const pathRank: Readonly<Record<PathMatch['type'], number>> = { exact: 0, regex: 1, prefix: 2 };

export function compareRanked(a: RankedEntry, b: RankedEntry): number {
  for (let i = 0; i < a.precedence.length; i++) {
    const x = a.precedence[i]!;
    const y = b.precedence[i]!;
    if (x === y) continue;
    return typeof x === 'number' ? x - (y as number) : compareText(x, y as string);
  }
  return 0;
}
