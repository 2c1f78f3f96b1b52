import { describe, expect, it } from 'vitest';
import { fixedDirectory, Pattern } from './pattern.ts';

describe('Pattern', () => {
  it('matches the whole text', () => {
    const pattern = new Pattern('a|ab');
    expect(['a', 'ab', 'abc', 'xa', ''].map((text) => pattern.matches(text))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('takes linear time where backtracking would never end', () => {
    expect(new Pattern('(a*)*b').matches('a'.repeat(5_000))).toBe(false);
  });
});

describe('fixedDirectory', () => {
  it.each([
    ['/api/v[0-9]+/.*', '/api'],
    ['^/api/v1/x$', '/api/v1'],
    ['/a/b', '/a'],
    ['/a/b/', '/a/b'],
    ['/a\\.b/c', '/a.b'],
    ['/a/b?c', '/a'],
    ['/a/?b', ''],
    ['/a/*', ''],
    ['/ab/{2}x', ''],
    ['/a/+b', '/a'],
    ['/a', ''],
    ['.*', ''],
    ['(?i)/a/b', ''],
    ['/a/b|/c', ''],
    ['/a/(b|c)', '/a'],
    ['/a/(b|c)|/d', ''],
    ['/a/[(]|/d', ''],
    ['/a/\\(|/d', ''],
    ['/a/\\Qx/y\\E', '/a'],
    ['/a/\\d+', '/a'],
    ['a/b/c', 'a/b'],
    ['', ''],
    ['\\', ''],
  ])('%s lies under "%s"', (pattern, want) => {
    expect(fixedDirectory(pattern)).toBe(want);
  });
});
