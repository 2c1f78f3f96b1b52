import { describe, expect, it } from 'vitest';
import { checkManifest } from './check-manifest.ts';
import { nearestOf } from './did-you-mean.ts';
import { identifyManifest } from './identify.ts';
import { kinds, supportedVersions } from './kinds.ts';
import { formatSchemaPath } from './schema-problem.ts';
import { withoutNulls } from './without-nulls.ts';

function route(spec: object, metadata: object = {}): unknown {
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name: 'a', ...metadata }, spec };
}

/** Messages for people are in the goldens of the application; here is what goldens don't show. */
describe('checkManifest', () => {
  it('knows every version of every kind that is read', () => {
    for (const info of kinds.values()) {
      for (const apiVersion of supportedVersions(info).split(' or ')) {
        const manifest = { apiVersion, kind: info.kind, metadata: { name: 'a' } };
        expect(identifyManifest(manifest), apiVersion).toMatchObject({ as: 'known', info, problem: null });
      }
    }
  });

  it('counts characters, not UTF-16 units', () => {
    const header = (value: string): unknown =>
      route({ rules: [{ matches: [{ queryParams: [{ name: 'q', value }] }] }] });
    expect(checkManifest(header('🚢'.repeat(1_024)))).toEqual([]);
    expect(checkManifest(header('🚢'.repeat(1_025)))).toMatchObject([
      { message: 'has 1025 characters; at most 1024 are allowed' },
    ]);
  });

  it('says at most 20 things of one object, none of them long', () => {
    const problems = checkManifest(
      route({ hostnames: Array(16).fill('_'.repeat(200)), rules: Array(16).fill({ x: 1 }) }),
    );
    expect(problems).toHaveLength(20);
    expect(Math.max(...problems.map(({ message }) => message.length))).toBeLessThan(300);
  });

  it('is not fooled by names of Object.prototype', () => {
    const spec = JSON.parse('{"constructor": 1, "__proto__": {"rules": 5}, "toString": 2}');
    expect(checkManifest(route(spec)).map(({ path }) => path.at(-1))).toEqual(['constructor', '__proto__', 'toString']);
    expect(checkManifest(route({}, { labels: { constructor: 'x', toString: 'y' } }))).toEqual([]);
    expect(identifyManifest({ apiVersion: 'v1', kind: 'constructor', metadata: { name: 'a' } }).as).toBe('ignored');
  });

  it('takes no time for hostile values', () => {
    const value = `${'a'.repeat(4_000)}\u0000`;
    const startMs = performance.now();
    checkManifest(
      route({ hostnames: [`${'a-'.repeat(120)}!`], rules: [{ matches: [{ headers: [{ name: 'x', value }] }] }] }),
    );
    const data = { 'tls.key': `${' '.repeat(1_000_000)}!` };
    checkManifest({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, data });
    expect(performance.now() - startMs).toBeLessThan(200);
  });

  it.each([null, undefined, 1, 'x', true, [], {}, { kind: 1 }, { kind: 'HTTPRoute', apiVersion: {} }])(
    'says something of %j',
    (value) => {
      expect(checkManifest(value)).toMatchObject([{ severity: 'error' }]);
    },
  );

  it.each([
    [{ sessionName: 's' }, true],
    [{ cookieConfig: { lifetimeType: 'Permanent' } }, false],
    [{ cookieConfig: { lifetimeType: 'Permanent' }, absoluteTimeout: '1h' }, true],
    [{ type: 'Header', sessionName: 's' }, true],
    [{ type: 'Header', header: { name: 's' } }, true],
    [{ cookie: {} }, true],
    [{}, false],
  ])('reads the session persistence %j, of now and before 1.7', (sessionPersistence, good) => {
    expect(checkManifest(route({ rules: [{ sessionPersistence }] })).length === 0).toBe(good);
  });

  it.each([
    [{ request: '1s', backendRequest: '1s' }, true],
    [{ request: '0s', backendRequest: '1h' }, true],
    [{ backendRequest: '1h' }, true],
    [{ request: '1m', backendRequest: '61s' }, false],
    [{ request: '1h1m1s1ms', backendRequest: '3661001ms' }, false],
    [{ request: '1h1m1s1ms', backendRequest: '3661s' }, true],
  ])('compares the timeouts %j', (timeouts, good) => {
    expect(checkManifest(route({ rules: [{ timeouts }] })).length === 0).toBe(good);
  });

  it('counts the matches of all rules together', () => {
    const withMatches = (count: number): object => ({
      matches: Array.from({ length: count }, (_, i) => ({ path: { value: `/${i}` } })),
    });
    expect(checkManifest(route({ rules: [withMatches(64), withMatches(64)] }))).toEqual([]);
    expect(checkManifest(route({ rules: [withMatches(64), withMatches(64), {}] }))).toMatchObject([
      { path: ['spec', 'rules'] },
    ]);
  });
});

describe('withoutNulls', () => {
  it('drops null members of maps at any depth, and keeps what has none', () => {
    const value = { a: null, b: [{ c: null, d: 1 }, null], e: {} };
    expect(withoutNulls(value)).toEqual({ b: [{ d: 1 }, null], e: {} });
    const good = { a: [{ b: 'c' }] };
    expect(withoutNulls(good)).toBe(good);
  });
});

describe('formatSchemaPath', () => {
  it('writes a path as people do', () => {
    expect(formatSchemaPath([])).toBe('');
    expect(formatSchemaPath(['spec', 'rules', 1, 'matches', 0])).toBe('spec.rules[1].matches[0]');
    expect(formatSchemaPath(['metadata', 'labels', 'app/name', 'x'])).toBe('metadata.labels["app/name"].x');
  });
});

describe('nearestOf', () => {
  it.each([
    ['hostname', ['hostnames', 'rules'], 'hostnames'],
    ['HttpRoute', ['HTTPRoute', 'GRPCRoute'], 'HTTPRoute'],
    ['retries', ['retry', 'rules'], null],
    ['nmae', ['namespace', 'name'], 'name'],
    ['nam', ['name'], 'name'],
    ['x'.repeat(1_000), ['x'], null],
  ])('of %s in %j is %s', (text, candidates, expected) => {
    expect(nearestOf(text, candidates)).toBe(expected);
  });
});
