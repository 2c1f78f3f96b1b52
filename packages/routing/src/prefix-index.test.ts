import { describe, expect, it } from 'vitest';
import { EntryList } from './entry-list.ts';
import { PrefixIndex, type PrefixNode } from './prefix-index.ts';

function indexOf(...prefixes: string[]): PrefixIndex {
  const index = new PrefixIndex();
  for (const prefix of prefixes) index.add(prefix, new EntryList());
  return index;
}

function collected(index: PrefixIndex, path: string): string[] {
  const found: PrefixNode[] = [];
  const count = index.collect(path, found);
  return found.slice(0, count).map(({ prefix }) => prefix);
}

describe('PrefixIndex', () => {
  it('finds the prefixes of a path on element boundaries, shortest first', () => {
    const index = indexOf('/a/b', '', '/a', '/a/b/c/d', '/b');
    expect(collected(index, '/a/b/c')).toEqual(['', '/a', '/a/b']);
    expect(collected(index, '/a/bc')).toEqual(['', '/a']);
    expect(collected(index, '/ab')).toEqual(['']);
    expect(collected(index, '/b/')).toEqual(['', '/b']);
    expect(collected(index, '/')).toEqual(['']);
    expect(collected(index, '*')).toEqual(['']);
    expect(collected(indexOf('/a'), '/b')).toEqual([]);
  });

  // These three have one hash.
  const colliding = ['/ac_', '/alp', '/an2'];

  it.each(colliding)('tells prefixes of one hash apart: %s', (prefix) => {
    const index = indexOf(...colliding);
    expect(collected(index, `${prefix}/x`)).toEqual([prefix]);
    expect(index.get(prefix)?.prefix).toBe(prefix);
  });

  it.each(colliding)('removes one of them and keeps the others: %s', (prefix) => {
    const index = indexOf(...colliding);
    index.remove(index.get(prefix)!);
    expect(index.get(prefix)).toBeNull();
    expect(colliding.flatMap((other) => collected(index, other))).toEqual(
      colliding.filter((other) => other !== prefix),
    );
  });
});
