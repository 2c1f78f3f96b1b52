import { RequestHead } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import { entry } from '../match.cases.ts';
import type { PathRewrite, UrlRewrite } from '../table.ts';
import { replacePath } from './replace-path.ts';
import { rewriteHead } from './rewrite.ts';

describe('replacePath', () => {
  // The API's table; trailing slashes of prefixes are gone when a table is compiled.
  it.each([
    ['/foo/bar', '/foo', '/xyz', '/xyz/bar'],
    ['/foo/bar', '/foo', '/xyz/', '/xyz/bar'],
    ['/foo', '/foo', '/xyz', '/xyz'],
    ['/foo/', '/foo', '/xyz', '/xyz/'],
    ['/foo/bar', '/foo', '', '/bar'],
    ['/foo/', '/foo', '', '/'],
    ['/foo', '/foo', '', '/'],
    ['/foo/', '/foo', '/', '/'],
    ['/foo', '/foo', '/', '/'],
    // Beyond it.
    ['/foo/bar', '/foo', '/', '/bar'],
    ['/foo', '/foo', '/xyz/', '/xyz'],
    ['/foo/', '/foo', '/xyz/', '/xyz/'],
    ['/foo', '/', '/xyz', '/xyz/foo'],
    ['/', '/', '/xyz', '/xyz/'],
    ['/foo/bar/', '/', '/', '/foo/bar/'],
    ['/foo', '/', '', '/foo'],
    ['*', '/', '/xyz', '*'],
  ])('%s under %s with prefix → "%s": %s', (path, prefix, value, want) => {
    expect(replacePath({ type: 'replacePrefix', value }, path, entry(prefix, 'r'))).toBe(want);
  });

  it('replaces all of a path', () => {
    const full: PathRewrite = { type: 'replaceFull', value: '/new' };
    expect(replacePath(full, '/foo/bar/', entry('/foo', 'r'))).toBe('/new');
    expect(replacePath(full, '/foo', entry('= /foo', 'r'))).toBe('/new');
    expect(replacePath(full, '*', entry('/', 'r'))).toBe('*');
  });
});

describe('rewriteHead', () => {
  function rewritten(rewrite: Partial<UrlRewrite>, path: string): [authority: string, path: string] {
    const head = new RequestHead('GET', 'http', 'old.test:8080', path, []);
    rewriteHead({ type: 'urlRewrite', hostname: '', path: null, ...rewrite }, head, entry('/prefix/one', 'r'));
    return [head.authority, head.path];
  }

  it('replaces the host, with its port', () => {
    expect(rewritten({ hostname: 'one.example.org' }, '/x?y')).toEqual(['one.example.org', '/x?y']);
  });

  it('replaces the path and keeps the query as it is', () => {
    const path: PathRewrite = { type: 'replacePrefix', value: '/one' };
    expect(rewritten({ path }, '/prefix/one/two')).toEqual(['old.test:8080', '/one/two']);
    expect(rewritten({ path }, '/prefix/one?a=/b?c')).toEqual(['old.test:8080', '/one?a=/b?c']);
    expect(rewritten({ path: { type: 'replaceFull', value: '/one' } }, '/prefix/one/x?')).toEqual([
      'old.test:8080',
      '/one?',
    ]);
  });
});
