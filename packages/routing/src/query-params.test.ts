import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFormText, QueryParams } from './query-params.ts';

function paramsOf(query: string): QueryParams {
  const params = new QueryParams();
  params.reset(query);
  return params;
}

describe('QueryParams', () => {
  it('is empty before the first query', () => {
    expect(new QueryParams().first('a')).toBeNull();
  });

  it('forgets the query before', () => {
    const params = paramsOf('a=1');
    expect(params.first('a')).toBe('1');
    params.reset('b=2');
    expect([params.first('a'), params.first('b')]).toEqual([null, '2']);
  });

  it.each([
    ['a=1=2', 'a', '1=2'],
    ['=1', '', '1'],
    ['a;b=1', 'a;b', '1'],
    ['a%3Db=1', 'a=b', '1'],
    ['a?=1', 'a?', '1'],
  ])('%s has %s', (query, name, want) => {
    expect(paramsOf(query).first(name)).toBe(want);
  });

  it('reads what URLSearchParams reads, where it is UTF-8', () => {
    const piece = fc.constantFrom('a', 'b', '=', '&', '+', '%20', '%C3%A9', '%41', '%', '%2', '%zz', '1');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
        (query) => {
          const params = paramsOf(query);
          const want = new URLSearchParams(query);
          fc.pre(!want.toString().includes('%EF%BF%BD'));
          for (const name of want.keys()) expect(params.first(name)).toBe(want.get(name));
        },
      ),
      { numRuns: Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 500) },
    );
  });
});

describe('decodeFormText', () => {
  it.each([
    ['plain', 'plain'],
    ['a+b', 'a b'],
    ['%2B', '+'],
    ['100%', '100%'],
    ['%4', '%4'],
    ['%zz%41', '%zzA'],
    ['%25zz', '%zz'],
    ['%c3%a9', 'é'],
    ['%c3', '%c3'],
    ['%ff+%41', '%ff %41'],
  ])('%s → %s', (text, want) => {
    expect(decodeFormText(text)).toBe(want);
  });
});
