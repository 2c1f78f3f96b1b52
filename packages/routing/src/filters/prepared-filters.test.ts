import { describe, expect, it } from 'vitest';
import type { Filter } from '../table.ts';
import { prepareFilters } from './prepared-filters.ts';

const edits = { set: [{ name: 'a', value: '1' }], add: [], remove: [] };

describe('prepareFilters', () => {
  it('is null for what is absent', () => {
    expect(prepareFilters([])).toEqual({
      requestEdits: null,
      responseEdits: null,
      redirect: null,
      rewrite: null,
      mirrors: null,
      cors: null,
    });
  });

  it('takes each filter to its place, and all mirrors', () => {
    const mirrors: Filter[] = ['a', 'b'].map((backend) => ({
      type: 'requestMirror',
      backend,
      numerator: 1,
      denominator: 2,
    }));
    const rewrite: Filter = { type: 'urlRewrite', hostname: 'a', path: null };
    const prepared = prepareFilters([
      mirrors[0]!,
      { type: 'responseHeaderModifier', ...edits },
      rewrite,
      mirrors[1]!,
      { type: 'requestHeaderModifier', ...edits, remove: ['b'] },
    ]);
    expect(prepared.mirrors).toEqual(mirrors);
    expect(prepared.rewrite).toBe(rewrite);
    expect([...prepared.requestEdits!.dropped]).toEqual(['b', 'a']);
    expect([...prepared.responseEdits!.dropped]).toEqual(['a']);
  });
});
