import { RE2JS } from 're2js';
import { fieldValue } from './field-value.ts';
import { compareHostnames, isWildcard } from './hostnames.ts';
import type { Match, RequestView } from './match.ts';
import { QueryParams } from './query-params.ts';
import type { HostTable, MatchEntry, PathMatch, RouteTable, ValueMatch } from './table.ts';

/** The specification of matching, for tests and `explain`: slow, without state, one rule per line. */
export function matchNaively(table: RouteTable, listener: string, host: string, request: RequestView): Match | null {
  for (const hostTable of hostTablesFor(table, listener, host)) {
    const entry = hostTable.entries.find((candidate) => firstFailure(candidate, host, request) === null);
    if (entry !== undefined) return { host: hostTable, entry };
  }
  return null;
}

/** The tables of a listener whose hostname matches, most specific first. */
export function hostTablesFor(table: RouteTable, listener: string, host: string): readonly HostTable[] {
  return [...table.hosts.values()]
    .filter((hostTable) => hostTable.listener === listener && hostnameMatches(hostTable.hostname, host))
    .sort((a, b) => compareHostnames(a.hostname, b.hostname));
}

/** `hostname` as in the table: exact, wildcard for one or more labels, or '' for any. */
export function hostnameMatches(hostname: string, host: string): boolean {
  if (hostname === '' || hostname === host) return true;
  return isWildcard(hostname) && host.endsWith(hostname.slice(1)) && host.length > hostname.length - 1;
}

/** A condition of an entry that does not hold. */
export interface FailedCondition {
  readonly part: 'path' | 'method' | 'header' | 'query';
  /** Of the header or query parameter; '' otherwise. */
  readonly name: string;
}

/** The first condition of `entry` that does not hold; null when it matches. */
export function firstFailure(entry: MatchEntry, host: string, request: RequestView): FailedCondition | null {
  if (!pathMatches(entry.path, request.path)) return { part: 'path', name: '' };
  if (entry.method !== '' && entry.method !== request.method) return { part: 'method', name: '' };
  const header = entry.headers.find(
    (condition) => !valueMatches(condition, headerValue(condition.name, host, request)),
  );
  if (header !== undefined) return { part: 'header', name: header.name };
  const params = new QueryParams();
  params.reset(request.query);
  const param = entry.query.find((condition) => !valueMatches(condition, params.first(condition.name)));
  return param === undefined ? null : { part: 'query', name: param.name };
}

/** What a header condition sees; null when the request has no such field. `Host` is seen without its port, in lower case. */
export function headerValue(name: string, host: string, { fields }: RequestView): string | null {
  return name === 'host' ? host : fieldValue(fields, name);
}

function pathMatches({ type, value }: PathMatch, path: string): boolean {
  if (type === 'exact') return path === value;
  if (type === 'prefix') return value === '' || path === value || path.startsWith(`${value}/`);
  return RE2JS.compile(value).testExact(path);
}

function valueMatches({ type, value }: ValueMatch, actual: string | null): boolean {
  if (actual === null) return false;
  return type === 'exact' ? actual === value : RE2JS.compile(value).testExact(actual);
}
