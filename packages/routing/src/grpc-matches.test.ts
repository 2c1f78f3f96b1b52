import type { GrpcRoute, GrpcRouteMatch, KubeObject } from '@fairlead/resources';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compile } from './compile.ts';
import { diffTables, emptyTable } from './diff.ts';
import { viewOf } from './match.cases.ts';
import { createMatcher } from './match.ts';
import { matchNaively } from './match-naive.ts';
import { parseManifests, testOptions, toState } from './test-kit.ts';

/** What GRPCRoutes compile to, against the text of the API read word by word. */

const listener = 'default/edge/http';
const edge = parseManifests(`
kind: GatewayClass
metadata: { name: fairlead }
spec: { controllerName: fairlead.dev/gateway }
---
kind: Gateway
metadata: { name: edge }
spec: { gatewayClassName: fairlead, listeners: [{ name: http, port: 8080, protocol: HTTP }] }
`);

interface Call {
  readonly service: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const names = ['a', 'a.B', 'a.B.C', 'Get', 'GetAll'];
const patterns = ['a.*', '.*B', 'Get', '(?i)get', 'a|Get', '[^.]+'];

const someMatch: fc.Arbitrary<GrpcRouteMatch> = fc
  .record({
    type: fc.constantFrom('Exact' as const, 'Exact' as const, 'RegularExpression' as const),
    service: fc.nat(2 * names.length),
    method: fc.nat(2 * names.length),
    headers: fc.uniqueArray(fc.constantFrom('x', 'y'), { maxLength: 2 }),
  })
  .map(({ type, service, method, headers }) => {
    const values = type === 'Exact' ? names : patterns;
    const [s, m] = [values[service], values[method]];
    const named = { type, ...(s === undefined ? {} : { service: s }), ...(m === undefined ? {} : { method: m }) };
    const isGood = (s ?? m) !== undefined && !(type === 'Exact' && m?.includes('.'));
    return { ...(isGood ? { method: named } : {}), headers: headers.map((name) => ({ name, value: '1' })) };
  });

const someRoutes = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('p', 'q', 'r'),
    createdAt: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', undefined),
    rules: fc.array(fc.array(someMatch, { maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  }),
  { selector: ({ name }) => name, maxLength: 3 },
);

type RouteSpec = typeof someRoutes extends fc.Arbitrary<(infer T)[]> ? T : never;

function toRoute({ name, createdAt, rules }: RouteSpec): KubeObject {
  const route: GrpcRoute = {
    apiVersion: '',
    kind: 'GRPCRoute',
    metadata: { name, ...(createdAt === undefined ? {} : { creationTimestamp: createdAt }) },
    spec: { parentRefs: [{ name: 'edge' }], rules: rules.map((matches) => ({ matches })) },
  };
  return route;
}

const someCall: fc.Arbitrary<Call> = fc.record({
  service: fc.constantFrom('a', 'a.B', 'a.B.C', 'c', 'Get'),
  method: fc.constantFrom('Get', 'get', 'GetAll', 'B'),
  headers: fc.array(fc.constantFrom(['x', '1'] as const, ['y', '1'] as const, ['x', '2'] as const), { maxLength: 1 }),
});

/** The rule that the API wants: of the matches that hold, the one with the most characters in service, in method, the most headers, … */
function wanted(routes: readonly RouteSpec[], call: Call): string | null {
  const holding = routes.flatMap(({ name, createdAt = '', rules }) =>
    rules.flatMap((matches, rule) =>
      (matches.length === 0 ? [{}] : matches)
        .filter((match) => holds(match, call))
        .map((match) => ({ id: `GRPCRoute/default/${name}/${rule}`, keys: keysOf(match, createdAt, name, rule) })),
    ),
  );
  holding.sort((a, b) => (a.keys < b.keys ? -1 : a.keys > b.keys ? 1 : 0));
  return holding[0]?.id ?? null;
}

function holds({ method, headers = [] }: GrpcRouteMatch, call: Call): boolean {
  const { type = 'Exact', service, method: name } = method ?? {};
  const agrees = (want: string | undefined, is: string): boolean => {
    if (want === undefined) return true;
    if (type === 'Exact') return want === is;
    const plain = want.replace('(?i)', '');
    return new RegExp(`^(?:${plain})$`, plain === want ? '' : 'i').test(is);
  };
  const values = (wanted: string): string => call.headers.flatMap(([n, v]) => (n === wanted ? [v] : [])).join(', ');
  return (
    agrees(service, call.service) &&
    agrees(name, call.method) &&
    headers.every((header) => values(header.name) === header.value)
  );
}

/** Sorted as text, the smallest goes first. An expression has fewer characters than any name, and more than none. */
function keysOf({ method, headers = [] }: GrpcRouteMatch, createdAt: string, name: string, rule: number): string {
  const length = (text: string | undefined): string => {
    if (text === undefined) return '900';
    const shorter = String(99 - text.length).padStart(2, '0');
    return method?.type === 'RegularExpression' ? `1${shorter}` : `0${shorter}`;
  };
  return [length(method?.service), length(method?.method), 9 - headers.length, createdAt, name, rule].join('\n');
}

it('goes where the API says', () => {
  fc.assert(
    fc.property(someRoutes, fc.array(someCall, { minLength: 1, maxLength: 6 }), (routes, calls) => {
      const { table, problems } = compile(toState([...edge, ...routes.map(toRoute)]), testOptions, null);
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
      const matcher = createMatcher();
      matcher.apply(diffTables(emptyTable, table));
      for (const call of calls) {
        const view = viewOf({ target: `/${call.service}/${call.method}`, method: 'POST', headers: call.headers });
        const want = wanted(routes, call);
        expect([call, matcher.match(listener, 'grpc.test', view)?.entry.rule ?? null]).toEqual([call, want]);
        expect(matchNaively(table, listener, 'grpc.test', view)?.entry.rule ?? null).toBe(want);
      }
    }),
    { numRuns: Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 400) },
  );
});
