import { httpFilters, method } from './filters.ts';
import { duration, headerName, headerValue, hostname, pathCharacters, subdomainName } from './patterns.ts';
import { backendReferenceWith, parentReferences } from './references.ts';
import { atMostMatches, uniqueRuleNames } from './route-rules.ts';
import type { Report } from './schema-problem.ts';
import { sessionPersistence } from './session-persistence.ts';
import { integer, type ListShape, list, type ObjectShape, object, oneOf, type TextShape, text } from './shape.ts';

const path: ObjectShape = object(
  {},
  { type: oneOf('Exact', 'PathPrefix', 'RegularExpression'), value: text({ maxLength: 1_024 }) },
  checkPath,
);

interface PathMatch {
  readonly type?: string;
  readonly value?: string;
}

function checkPath({ type = 'PathPrefix', value = '/' }: PathMatch, report: Report): void {
  const message = type === 'RegularExpression' ? null : pathMistake(value);
  if (message !== null) report(['value'], `${message} with type ${type}, not ${JSON.stringify(value)}`);
}

function pathMistake(value: string): string | null {
  if (!value.startsWith('/')) return 'must begin with "/"';
  const forbidden = ['//', '/./', '/../', '%2f', '%2F', '#'].find((part) => value.includes(part));
  if (forbidden !== undefined) return `must not contain "${forbidden}"`;
  const ending = ['/..', '/.'].find((part) => value.endsWith(part));
  if (ending !== undefined) return `must not end with "${ending}"`;
  return pathCharacters.expression.test(value) ? null : `must be ${pathCharacters.words}`;
}

/** Name and value, exact or as an expression; each name once. */
export function namedMatches(value: TextShape): ListShape {
  const match = object({ name: headerName, value }, { type: oneOf('Exact', 'RegularExpression') });
  return list(match, { maxItems: 16, uniqueBy: ['name'] });
}

const match: ObjectShape = object(
  {},
  {
    path,
    headers: namedMatches(headerValue),
    queryParams: namedMatches(text({ minLength: 1, maxLength: 1_024 })),
    method,
  },
);

const timeouts: ObjectShape = object({}, { request: duration, backendRequest: duration }, checkTimeouts);

interface Timeouts {
  readonly request?: string;
  readonly backendRequest?: string;
}

function checkTimeouts({ request, backendRequest }: Timeouts, report: Report): void {
  if (toMs(request) === 0 || toMs(backendRequest) <= toMs(request)) return;
  report(['backendRequest'], `must not be longer than the request timeout, ${request}`);
}

/** 0 when absent. */
function toMs(text: string | undefined): number {
  const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
  let sumMs = 0;
  for (const [, digits, unit] of (text ?? '').matchAll(/([0-9]+)(ms|h|m|s)/g)) sumMs += Number(digits) * unitMs[unit!]!;
  return sumMs;
}

const retry: ObjectShape = object(
  {},
  { codes: list(integer(400, 599), { uniqueBy: [] }), attempts: integer(0), backoff: duration },
);

const rule: ObjectShape = object(
  {},
  {
    name: subdomainName,
    matches: list(match, { maxItems: 64 }),
    filters: httpFilters,
    backendRefs: list(backendReferenceWith({ weight: integer(0, 1_000_000), filters: httpFilters }), { maxItems: 16 }),
    timeouts,
    retry,
    sessionPersistence,
  },
  checkRedirect,
  checkPrefixReplacement,
);

interface HttpRule {
  readonly matches?: readonly { readonly path?: PathMatch }[];
  readonly filters?: readonly Filter[];
  readonly backendRefs?: readonly { readonly filters?: readonly Filter[] }[];
}

interface Filter {
  readonly requestRedirect?: { readonly path?: { readonly type: string } };
  readonly urlRewrite?: { readonly path?: { readonly type: string } };
}

function checkRedirect({ filters = [], backendRefs = [] }: HttpRule, report: Report): void {
  const redirect = filters.findIndex(({ requestRedirect }) => requestRedirect !== undefined);
  if (redirect < 0 || backendRefs.length === 0) return;
  report(
    ['filters', redirect, 'requestRedirect'],
    'must not be used together with backendRefs: a redirected request goes to no backend',
  );
}

function checkPrefixReplacement(rule: HttpRule, report: Report): void {
  if (hasOnePrefix(rule)) return;
  const check = (filters: readonly Filter[] | undefined, at: readonly (string | number)[]): void => {
    for (const [i, filter] of (filters ?? []).entries()) {
      for (const member of ['requestRedirect', 'urlRewrite'] as const) {
        if (filter[member]?.path?.type !== 'ReplacePrefixMatch') continue;
        report(
          [...at, 'filters', i, member, 'path', 'type'],
          'ReplacePrefixMatch needs exactly one match in the rule, of a path of type PathPrefix',
        );
      }
    }
  };
  check(rule.filters, []);
  for (const [i, backend] of (rule.backendRefs ?? []).entries()) check(backend.filters, ['backendRefs', i]);
}

/** A rule without matches matches the prefix `/`; so does a match without a path. */
function hasOnePrefix({ matches = [{}] }: HttpRule): boolean {
  return matches.length === 1 && (matches[0]!.path?.type ?? 'PathPrefix') === 'PathPrefix';
}

export const httpRouteSpec: ObjectShape = object(
  {},
  {
    parentRefs: parentReferences,
    useDefaultGateways: oneOf('All', 'None'),
    hostnames: list(hostname, { maxItems: 16 }),
    rules: list(rule, { minItems: 1, maxItems: 16, rules: [uniqueRuleNames, atMostMatches(1)] }),
  },
);
