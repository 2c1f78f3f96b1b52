import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalizePath } from './path.ts';

describe('normalizePath', () => {
  it.each([
    ['/', '/'],
    ['/a/b.c', '/a/b.c'],
    ['/a/', '/a/'],
    ['/.well-known/x', '/.well-known/x'],
    ['/..a/...', '/..a/...'],
    ['*', '*'],
    ['/a;v=1/b;w', '/a;v=1/b;w'],
    ["/-._~!$&'()*+,=:@|{}^", "/-._~!$&'()*+,=:@|{}^"],
    ['/%41%2d%7E', '/A-~'],
    ['/%c3%a9', '/%C3%A9'],
    ['/%20%25%3f%23', '/%20%25%3F%23'],
    ['/%252e%252e/x', '/%252e%252e/x'],
    ['/\u00c3\u00a9', '/%C3%A9'],
    ['//', '/'],
    ['//a///b//', '/a/b/'],
    ['/a/./b', '/a/b'],
    ['/a/.', '/a/'],
    ['/./', '/'],
    ['/a/../b', '/b'],
    ['/a/b/..', '/a/'],
    ['/a/b/../', '/a/'],
    ['/a/..', '/'],
    ['/a/%2e%2e/b', '/b'],
    ['/a/%2E/b', '/a/b'],
    ['/a/.%2e', '/'],
    ['/a//../b', '/b'],
  ])('%s → %s', (path, want) => {
    expect(normalizePath(path, 'reject')).toBe(want);
  });

  it.each([
    '',
    'a',
    'http://a/b',
    '**',
    '/..',
    '/../a',
    '/a/../..',
    '/%2e%2e/a',
    '/a\\b',
    '/a\\..\\b',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a%00',
    '/a%0d%0aB',
    '/a%7f',
    '/a\0',
    '/a\tb',
    '/a b',
    '/a\x7f',
    '/a?b',
    '/a#b',
    '/%',
    '/%4',
    '/%g0',
    '/%0',
    '/a/..;/b',
    '/a/..;x=1/b',
    '/a/.;/b',
    '/a/%2e%2e;/b',
    '/a/..%3b/b',
    '/a/;/b',
    '/;x/b',
    '/a/%3bx',
    '/\u0141',
  ])('refuses %j', (path) => {
    expect(normalizePath(path, 'reject')).toBeNull();
  });

  it.each([
    ['/a%2fb', '/a%2Fb'],
    ['/a%5cb%2F', '/a%5Cb%2F'],
    ['/a%2f..%2fb', null],
    ['/..%2fb', null],
    ['/a%5c..', null],
    ['/a%2f.;x', null],
    ['/a%2f;x', null],
    ['/a\\b', null],
  ])('keeping encoded slashes: %s → %s', (path, want) => {
    expect(normalizePath(path, 'keep')).toBe(want);
  });

  const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 2_000);
  const pieces = fc.constantFrom(
    '/',
    '/',
    '.',
    '..',
    'a',
    'B',
    '%2e',
    '%2F',
    '%5c',
    '%3b',
    ';',
    '%41',
    '%c3',
    '%25',
    '%00',
    '\\',
    '%',
    '2',
    'e',
    '-',
    '\u00e9',
    '?',
    ' ',
  );
  const somePath = fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join('')}`);
  const slashes = fc.constantFrom('reject' as const, 'keep' as const);

  it('is idempotent, and hands a normal path back', () => {
    fc.assert(
      fc.property(somePath, slashes, (path, mode) => {
        const normal = normalizePath(path, mode);
        if (normal !== null) expect(normalizePath(normal, mode)).toBe(normal);
      }),
      { numRuns: runs },
    );
  });

  it('leaves nothing that another reader could resolve', () => {
    fc.assert(
      fc.property(somePath, slashes, (path, mode) => {
        const normal = normalizePath(path, mode);
        if (normal === null) return;
        expect(normal).toMatch(/^\/(?:[!$&-;=@-[\]-~]|%[0-9A-F]{2})*$/);
        expect(normal).not.toContain('//');
        // A reader that decodes once, takes backslashes for slashes and cuts parameters off sees no dot elements, nor new empty ones.
        const elements = decodeURIComponentLoosely(normal)
          .replaceAll('\\', '/')
          .split('/')
          .map((element) => element.split(';', 1)[0]);
        expect(elements).not.toContain('.');
        expect(elements).not.toContain('..');
        if (mode === 'reject') expect(elements.slice(1, -1)).not.toContain('');
        // What WHATWG URL makes of it is the same path.
        expect(new URL(`http://a${normal}`).pathname.replaceAll('%7C', '|')).toBe(normal);
      }),
      { numRuns: runs },
    );
  });

  it('means the same resource as before', () => {
    fc.assert(
      fc.property(somePath, (path) => {
        const normal = normalizePath(path, 'reject');
        if (normal === null) return;
        const merged = new URL(`http://a${path.replaceAll(/%2e/gi, '.').replaceAll(/\/+/g, '/')}`).pathname;
        expect(decodeURIComponentLoosely(normal)).toBe(
          decodeURIComponentLoosely(toOctets(merged)).replaceAll(/\/+/g, '/'),
        );
      }),
      { numRuns: runs },
    );
  });

  it('returns the same string for common paths', () => {
    for (const path of ['/', '/a', '/api/v1/items/42', '/assets/app.1a2b.js', '/x;v=1', '/file.tar.gz/']) {
      expect(normalizePath(path, 'reject')).toBe(path);
    }
  });
});

function decodeURIComponentLoosely(text: string): string {
  return text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** URL escapes raw characters as UTF-8, the path has octets: back to those. */
function toOctets(text: string): string {
  return text.replaceAll('%C3%A9', '%E9');
}
