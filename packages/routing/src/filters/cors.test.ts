import { type Field, RequestHead } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import { testField } from '../match.cases.ts';
import type { Cors } from '../table.ts';
import { addCorsFields, corsFields, corsPreflight, prepareCors } from './cors.ts';
import { AllowedOrigins } from './cors-origins.ts';

const filter: Cors = {
  type: 'cors',
  allowOrigins: ['https://www.foo.com', 'https://*.bar.com'],
  allowMethods: ['GET', 'OPTIONS'],
  allowHeaders: ['x-header-1', 'x-header-2'],
  exposeHeaders: ['x-header-3', 'x-header-4'],
  allowCredentials: true,
  maxAgeSeconds: 3600,
};

const wildcard: Cors = {
  ...filter,
  allowOrigins: ['*'],
  allowMethods: ['*'],
  allowHeaders: ['*'],
  exposeHeaders: ['*', 'x-named'],
};

function headOf(method: string, headers: Readonly<Record<string, string>>): RequestHead {
  const fields = Object.entries(headers).map(([name, value]) => testField(name, value));
  return new RequestHead(method, 'http', 'api.test', '/', fields);
}

function toRecord(fields: readonly Field[]): Record<string, string> {
  expect(new Set(fields.map((field) => field.name.name)).size).toBe(fields.length);
  return Object.fromEntries(fields.map((field) => [field.name.name, field.value]));
}

/** The preflight's answer; null when it is none. */
function preflight(cors: Cors, headers: Readonly<Record<string, string>>): Record<string, string> | null {
  const answer = corsPreflight(prepareCors(cors), headOf('OPTIONS', headers));
  if (answer !== null) expect([answer.status, answer.contentLength]).toEqual([204, -1]);
  return answer && toRecord(answer.fields);
}

const asking = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'x-header-1, x-header-2' };
const preflightVary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

describe('corsPreflight', () => {
  it.each(['https://www.foo.com', 'https://www.bar.com', 'https://xpto.www.bar.com'])(
    'allows %s by name or wildcard',
    (origin) => {
      expect(preflight(filter, { origin, ...asking })).toEqual({
        vary: preflightVary,
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, OPTIONS',
        'access-control-allow-headers': 'x-header-1, x-header-2',
        'access-control-expose-headers': 'x-header-3, x-header-4',
        'access-control-max-age': '3600',
      });
    },
  );

  it('gives other origins no permission', () => {
    expect(preflight(filter, { origin: 'https://foobar.com', ...asking })).toEqual({ vary: preflightVary });
  });

  it('says back what is asked for where all is allowed, with credentials', () => {
    expect(preflight(wildcard, { origin: 'https://other.foo.com', ...asking })).toEqual({
      vary: preflightVary,
      'access-control-allow-origin': 'https://other.foo.com',
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'x-header-1, x-header-2',
      'access-control-expose-headers': 'x-named',
      'access-control-max-age': '3600',
    });
  });

  it('and without, where any origin may be told *', () => {
    const answer = preflight(
      { ...wildcard, allowCredentials: false },
      { origin: 'https://foobar.com:12345', ...asking },
    );
    expect(answer).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'x-header-1, x-header-2',
      'access-control-expose-headers': '*, x-named',
    });
    expect(answer).not.toHaveProperty('access-control-allow-credentials');
  });

  it('leaves out headers nobody asked for, and lists that are not configured', () => {
    const bare = { ...wildcard, allowMethods: [], exposeHeaders: [] };
    expect(preflight(bare, { origin: 'https://a.test', 'access-control-request-method': 'PUT' })).toEqual({
      vary: preflightVary,
      'access-control-allow-origin': 'https://a.test',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '3600',
    });
  });

  it('is not for other requests', () => {
    const cors = prepareCors(filter);
    const origin = 'https://www.foo.com';
    expect(corsPreflight(cors, headOf('GET', { origin, ...asking }))).toBeNull();
    expect(corsPreflight(cors, headOf('OPTIONS', { origin }))).toBeNull();
    expect(corsPreflight(cors, headOf('OPTIONS', asking))).toBeNull();
  });
});

describe('corsFields', () => {
  function actual(cors: Cors, headers: Readonly<Record<string, string>>): Record<string, string> {
    return toRecord(corsFields(prepareCors(cors), headOf('GET', headers)));
  }

  it('names the origin that is allowed', () => {
    expect(actual(filter, { origin: 'https://www.foo.com' })).toEqual({
      vary: 'Origin',
      'access-control-allow-origin': 'https://www.foo.com',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-header-3, x-header-4',
    });
  });

  it('only varies for others and without an origin', () => {
    expect(actual(filter, { origin: 'https://foobar.com' })).toEqual({ vary: 'Origin' });
    expect(actual(filter, {})).toEqual({ vary: 'Origin' });
  });

  it('tells all the same where any origin may read without credentials', () => {
    const open = { ...wildcard, allowCredentials: false, exposeHeaders: [] };
    expect(actual(open, { origin: 'null' })).toEqual({ 'access-control-allow-origin': '*' });
    expect(actual(open, {})).toEqual({});
  });

  it('replaces what the backend says', () => {
    const fields = ['access-control-allow-origin', 'vary', 'access-control-allow-credentials'].map((name) =>
      testField(name, 'x'),
    );
    const added = corsFields(prepareCors(filter), headOf('GET', { origin: 'https://www.foo.com' }));
    expect(addCorsFields(fields, added).map((field) => `${field.name.name}: ${field.value}`)).toEqual([
      'vary: x',
      'vary: Origin',
      'access-control-allow-origin: https://www.foo.com',
      'access-control-allow-credentials: true',
      'access-control-expose-headers: x-header-3, x-header-4',
    ]);
  });
});

describe('AllowedOrigins', () => {
  it.each([
    ['*', 'https://a.test', true],
    ['*', 'null', true],
    ['http://*', 'http://a.test', true],
    ['http://*', 'http://a.test:80', true],
    ['http://*', 'http://a.test:81', false],
    ['http://*', 'https://a.test', false],
    ['https://*:8443', 'https://a.b.test:8443', true],
    ['https://*.a.test', 'https://a.test', false],
    ['https://*.a.test', 'https://.a.test', false],
    ['https://*.a.test', 'https://b.a.test', true],
    ['https://*.a.test', 'https://c.b.a.test', true],
    ['https://*.a.test', 'https://b.a.test.evil', false],
    ['https://*.a.test', 'https://evil-a.test', false],
    ['https://*.a.test:444', 'https://b.a.test', false],
    ['https://a.test', 'https://a.test:443', true],
    ['https://a.test:443', 'https://a.test', true],
    ['http://a.test:80', 'http://a.test', true],
    ['https://a.test', 'http://a.test', false],
    ['https://A.test', 'https://a.TEST', true],
    ['https://a.test', 'https://a.test.evil', false],
    ['https://a.test', 'https://a.test, https://evil.test', false],
    ['https://a.test', 'null', false],
    ['https://a.test', '', false],
    ['https://a.test', 'https://', false],
    ['http://[::1]:8080', 'http://[::1]:8080', true],
    ['http://[::1]', 'http://[::1]:80', true],
  ])('%s and %s: %s', (allowed, origin, want) => {
    expect(new AllowedOrigins([allowed]).allow(origin)).toBe(want);
  });
});
