import { describe, expect, it } from 'vitest';
import { entry } from '../match.cases.ts';
import type { RequestRedirect } from '../table.ts';
import { type RedirectSource, redirectTo } from './redirect.ts';

const filter: RequestRedirect = { type: 'requestRedirect', status: 302, scheme: '', hostname: '', port: 0, path: null };
const request: RedirectSource = {
  scheme: 'http',
  authority: 'client.test',
  listenerPort: 80,
  path: '/a/b',
  query: '',
  entry: entry('/a', 'r'),
};

function location(redirect: Partial<RequestRedirect>, source: Partial<RedirectSource> = {}): string {
  return redirectTo({ ...filter, ...redirect }, { ...request, ...source }).location;
}

describe('redirectTo', () => {
  it.each([301, 302, 303, 307, 308] as const)('answers %i', (status) => {
    expect(redirectTo({ ...filter, status }, request)).toEqual({ status, location: 'http://client.test/a/b' });
  });

  // Conformance HTTPRouteRedirectPortAndScheme: listener, scheme and port of the filter, origin of Location.
  it.each([
    ['http', 80, '', 0, 'http://example.org'],
    ['http', 80, '', 80, 'http://example.org'],
    ['http', 80, '', 8080, 'http://example.org:8080'],
    ['http', 80, 'https', 0, 'https://example.org'],
    ['http', 80, 'https', 443, 'https://example.org'],
    ['http', 80, 'https', 8443, 'https://example.org:8443'],
    ['http', 8080, '', 0, 'http://example.org:8080'],
    ['http', 8080, '', 80, 'http://example.org'],
    ['http', 8080, 'https', 0, 'https://example.org'],
    ['http', 8080, 'http', 0, 'http://example.org'],
    ['https', 443, '', 0, 'https://example.org'],
    ['https', 443, '', 443, 'https://example.org'],
    ['https', 443, '', 8443, 'https://example.org:8443'],
    ['https', 443, 'http', 0, 'http://example.org'],
    ['https', 443, 'http', 80, 'http://example.org'],
    ['https', 443, 'http', 8080, 'http://example.org:8080'],
    ['https', 8443, '', 0, 'https://example.org:8443'],
    ['https', 8443, '', 80, 'https://example.org:80'],
    ['http', 443, '', 0, 'http://example.org:443'],
  ] as const)('listener %s on %i, filter scheme "%s" port %i: %s', (scheme, listenerPort, toScheme, port, want) => {
    expect(location({ scheme: toScheme, port, hostname: 'example.org' }, { scheme, listenerPort })).toBe(`${want}/a/b`);
  });

  it('takes the host of the request without its port', () => {
    expect(location({}, { authority: 'client.test:9999' })).toBe('http://client.test/a/b');
    expect(location({}, { authority: '[::1]:9999' })).toBe('http://[::1]/a/b');
    expect(location({}, { authority: '[::1]', listenerPort: 81 })).toBe('http://[::1]:81/a/b');
  });

  it('is relative when nobody names a host', () => {
    expect(location({ scheme: 'https' }, { authority: '' })).toBe('/a/b');
    expect(location({ hostname: 'h.test' }, { authority: '' })).toBe('http://h.test/a/b');
  });

  it('replaces the path and keeps the query', () => {
    const query = 'x=1&y';
    expect(location({ path: { type: 'replacePrefix', value: '/new' } }, { query })).toBe(
      'http://client.test/new/b?x=1&y',
    );
    expect(location({ path: { type: 'replaceFull', value: '/new' } }, { query })).toBe('http://client.test/new?x=1&y');
    expect(location({}, { query })).toBe('http://client.test/a/b?x=1&y');
  });

  it('sends OPTIONS * to the root', () => {
    expect(location({ scheme: 'https' }, { path: '*' })).toBe('https://client.test/');
  });
});
