import type { HttpRoute } from '@fairlead/resources';
import { expect, it } from 'vitest';
import { compile } from './compile.ts';
import { diffTables } from './diff.ts';
import { parseManifests, testOptions, toState } from './test-kit.ts';

const manifests = `
kind: GatewayClass
metadata: { name: fairlead }
spec: { controllerName: fairlead.dev/gateway }
---
kind: Gateway
metadata: { name: edge }
spec: { gatewayClassName: fairlead, listeners: [{ name: http, port: 8080, protocol: HTTP }] }
---
kind: Service
metadata: { name: web }
spec: { ports: [{ port: 80 }] }
---
kind: HTTPRoute
metadata: { name: a }
spec: { parentRefs: [{ name: edge }], hostnames: [a.example.com], rules: [{ backendRefs: [{ name: web, port: 80 }] }] }
---
kind: HTTPRoute
metadata: { name: b }
spec: { parentRefs: [{ name: edge }], hostnames: [b.example.com], rules: [{ backendRefs: [{ name: web, port: 80 }] }] }
`;

const before = toState(parseManifests(manifests));
const compiled = compile(before, testOptions, null);

function edit(name: string, change: (route: HttpRoute) => HttpRoute): typeof before {
  const key = `default/${name}`;
  return { ...before, httpRoutes: new Map(before.httpRoutes).set(key, change(before.httpRoutes.get(key)!)) };
}

it('rebuilds the table of a host alone when only it changed', () => {
  const state = edit('a', (route) => ({
    ...route,
    spec: {
      ...route.spec,
      rules: [{ matches: [{ path: { value: '/new' } }], backendRefs: [{ name: 'web', port: 80 }] }],
    },
  }));
  const diff = diffTables(compiled.table, compile(state, testOptions, compiled).table);
  expect(diff.hosts.set.map(([key]) => key)).toEqual(['default/edge/http a.example.com']);
  expect([diff.rules, diff.backends, diff.binds].map(({ set, remove }) => set.length + remove.length)).toEqual([
    0, 0, 0,
  ]);
});

it('changes the rule alone when its matches stay', () => {
  const state = edit('b', (route) => ({
    ...route,
    spec: { ...route.spec, rules: [{ name: 'new', backendRefs: [{ name: 'web', port: 80 }] }] },
  }));
  const diff = diffTables(compiled.table, compile(state, testOptions, compiled).table);
  expect(diff.rules.set.map(([key]) => key)).toEqual(['HTTPRoute/default/b/0']);
  expect(diff.hosts.set).toEqual([]);
});

it('moves a route from host to host', () => {
  const state = edit('b', (route) => ({ ...route, spec: { ...route.spec, hostnames: ['a.example.com'] } }));
  const { table } = compile(state, testOptions, compiled);
  expect([...table.hosts.keys()]).toEqual(['default/edge/http a.example.com']);
  expect(table.hosts.get('default/edge/http a.example.com')!.entries.map(({ rule }) => rule)).toEqual([
    'HTTPRoute/default/a/0',
    'HTTPRoute/default/b/0',
  ]);
});

it('keeps the entries of an edited route that say the same', () => {
  const matches = [{ path: { value: '/one' } }, { method: 'GET' }];
  const rules = [{ matches, backendRefs: [{ name: 'web', port: 80 }] }];
  const one = compile(
    edit('a', (route) => ({ ...route, spec: { ...route.spec, rules } })),
    testOptions,
    null,
  );
  const changed = [{ ...rules[0], matches: [{ path: { value: '/two' } }, { method: 'GET' }] }];
  const two = compile(
    edit('a', (route) => ({ ...route, spec: { ...route.spec, rules: changed } })),
    testOptions,
    one,
  );
  const entriesOf = ({ table }: typeof one): readonly unknown[] =>
    table.hosts.get('default/edge/http a.example.com')!.entries;
  expect(entriesOf(two)[0]).not.toEqual(entriesOf(one)[0]);
  expect(entriesOf(two)[1]).toBe(entriesOf(one)[1]);
});

it('forgets a backend with the last route that uses it', () => {
  const gone = new Map(before.httpRoutes);
  gone.delete('default/a');
  const one = compile({ ...before, httpRoutes: gone }, testOptions, compiled);
  expect([...one.table.backends.keys()]).toEqual(['default/web:80']);
  const none = compile({ ...before, httpRoutes: new Map() }, testOptions, one);
  expect([...none.table.backends.keys()]).toEqual([]);
});
