import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffTables, emptyTable } from './diff.ts';
import { entry, hostTable, is, like, listener, matchCases, type TestRequest, tableOf, viewOf } from './match.cases.ts';
import { createMatcher, type Match, type RequestView } from './match.ts';
import { matchNaively } from './match-naive.ts';
import type { HostTable, MatchEntry, RouteTable } from './table.ts';

type Match1 = (table: RouteTable, host: string, request: RequestView) => Match | null;

const matchers: Readonly<Record<string, Match1>> = {
  naive: (table, host, request) => matchNaively(table, listener, host, request),
  compiled: (table, host, request) => {
    const matcher = createMatcher();
    matcher.apply(diffTables(emptyTable, table));
    return matcher.match(listener, host, request);
  },
};

describe.each(Object.entries(matchers))('%s matcher', (_, match) => {
  it.each(matchCases)('$name', ({ hosts, requests }) => {
    const table = tableOf(Object.entries(hosts).map(([hostname, entries]) => hostTable(hostname, entries)));
    for (const [request, want] of requests) {
      const found = match(table, request.host ?? 'host.test', viewOf(request));
      expect([request, found?.entry.rule ?? null]).toEqual([request, want]);
    }
  });

  it('knows only the listener asked for', () => {
    const table = tableOf([hostTable('', [entry('/', 'a')])]);
    expect(match(table, 'x', viewOf({ target: '/' }))?.host.key).toBe(`${listener} `);
    const other = { ...hostTable('', [entry('/', 'a')]), key: 'other ', listener: 'other' };
    expect(match(tableOf([other]), 'x', viewOf({ target: '/' }))).toBeNull();
  });
});

const runs = Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 300);

const hostnames = ['', 'a.test', 'b.a.test', '*.a.test', '*.test', '*.b.a.test'];
const paths = [
  '/',
  '/a',
  '/a/b',
  '/a/b/c',
  '/ab',
  '/b',
  '= /',
  '= /a',
  '= /a/',
  '= /a/b',
  '~ /a/.*',
  '~ /(a|b)',
  '~ /a/b?',
  '~ .*b',
  '~ /b|/a/b',
  '~ /a/b/[a-z]+',
];
const someConditions = (...names: string[]): fc.Arbitrary<MatchEntry['headers']> =>
  fc.uniqueArray(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.tuple(fc.constantFrom(...names), fc.constantFrom('1', '2', '1, 2')).map(([n, v]) => is(n, v)),
      },
      { weight: 1, arbitrary: fc.constantFrom(...names).map((n) => like(n, '[13]?')) },
    ),
    { selector: (condition) => condition.name, maxLength: 2 },
  );

const someEntry: fc.Arbitrary<MatchEntry> = fc
  .record({
    path: fc.constantFrom(...paths),
    method: fc.constantFrom('', '', 'GET', 'POST'),
    headers: fc.oneof(fc.constant([]), someConditions('x', 'y', 'host')),
    query: fc.oneof(fc.constant([]), someConditions('p', 'q')),
    rule: fc.integer({ min: 0, max: 99 }).map(String),
  })
  .map(({ path, rule, ...conditions }) => entry(path, rule, conditions));

const someHosts: fc.Arbitrary<HostTable[]> = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...hostnames), fc.array(someEntry, { maxLength: 12 })).map(([h, e]) => hostTable(h, e)),
  { selector: (host) => host.hostname, maxLength: 4 },
);

const someRequest: fc.Arbitrary<TestRequest> = fc.record({
  host: fc.constantFrom('a.test', 'b.a.test', 'c.b.a.test', 'c.a.test', 'test', '1'),
  method: fc.constantFrom('GET', 'POST'),
  target: fc
    .tuple(
      fc.constantFrom('/', '/a', '/a/', '/a/b', '/a/b/c', '/a/b/c/d', '/ab', '/b', '/b/b'),
      fc.constantFrom('', '?p=1', '?q=2&p=2', '?p=1&q=1'),
    )
    .map(([path, query]) => path + query),
  headers: fc.array(fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.constantFrom('1', '2')), { maxLength: 3 }),
});

describe('compiled and naive matcher', () => {
  it('agree on any table and request, whatever the order of its entries, and after any sequence of diffs', () => {
    fc.assert(
      fc.property(
        fc.array(someHosts, { minLength: 1, maxLength: 3 }),
        fc.array(someRequest, { minLength: 1, maxLength: 8 }),
        (versions, requests) => {
          const matcher = createMatcher();
          let table = emptyTable;
          for (const hosts of versions) {
            const next = tableOf(hosts);
            matcher.apply(diffTables(table, next));
            table = next;
            for (const request of requests)
              expectSame(matcher.match(listener, request.host!, viewOf(request)), table, request);
          }
        },
      ),
      { numRuns: runs },
    );
  });

  it('agree after edits of one host, which travel as splices', () => {
    const edit = fc.record({ at: fc.nat(30), remove: fc.nat(2), insert: fc.array(someEntry, { maxLength: 2 }) });
    fc.assert(
      fc.property(
        fc.array(someEntry, { minLength: 8, maxLength: 30 }),
        fc.array(edit, { maxLength: 4 }),
        fc.array(someRequest, { minLength: 4, maxLength: 8 }),
        (entries, edits, requests) => {
          const matcher = createMatcher();
          let table = tableOf([hostTable('', entries)]);
          matcher.apply(diffTables(emptyTable, table));
          let current = entries;
          for (const { at, remove, insert } of edits) {
            current = current.toSpliced(at % (current.length + 1), remove, ...insert);
            const next = tableOf([hostTable('', current)]);
            matcher.apply(structuredClone(diffTables(table, next)));
            table = next;
            for (const request of requests)
              expectSame(matcher.match(listener, request.host!, viewOf(request)), table, request);
          }
        },
      ),
      { numRuns: runs },
    );
  });
});

function expectSame(found: Match | null, table: RouteTable, request: TestRequest): void {
  const want = matchNaively(table, listener, request.host!, viewOf(request));
  expect(found && { key: found.host.key, entry: found.entry }).toEqual(
    want && { key: want.host.key, entry: want.entry },
  );
}

describe('a diff of one edited entry among thousands', () => {
  const entries = Array.from({ length: 5_000 }, (_, i) => entry(`= /path/${i}`, `r${i}`));

  it('carries that entry only, and is found', () => {
    const before = tableOf([hostTable('a.test', entries)]);
    const after = tableOf([hostTable('a.test', entries.with(2_500, entry('= /path/2500', 'edited')))]);
    const diff = diffTables(before, after);
    expect(diff.hosts).toEqual({
      set: [],
      remove: [],
      splices: [{ key: `${listener} a.test`, start: 2_500, deleteCount: 1, insert: [entry('= /path/2500', 'edited')] }],
    });
    const matcher = createMatcher();
    matcher.apply(diffTables(emptyTable, before));
    matcher.apply(diff);
    expect(matcher.match(listener, 'a.test', viewOf({ target: '/path/2500' }))?.entry.rule).toBe('edited');
    expect(matcher.match(listener, 'a.test', viewOf({ target: '/path/4999' }))?.entry.rule).toBe('r4999');
  });

  it('that keeps order when entries before it are gone', () => {
    const before = tableOf([hostTable('', [...entries, entry('/path', 'first'), entry('/path', 'second')])]);
    const after = tableOf([hostTable('', [...entries.slice(10), entry('/path', 'first'), entry('/path', 'second')])]);
    const matcher = createMatcher();
    matcher.apply(diffTables(emptyTable, before));
    matcher.apply(diffTables(before, after));
    expect(matcher.match(listener, 'x', viewOf({ target: '/path/3' }))?.entry.rule).toBe('first');
  });

  it('removes hosts and listeners', () => {
    const before = tableOf([hostTable('a.test', entries), hostTable('*.b.test', entries), hostTable('', entries)]);
    const matcher = createMatcher();
    matcher.apply(diffTables(emptyTable, before));
    matcher.apply(diffTables(before, emptyTable));
    for (const host of ['a.test', 'x.b.test', 'c'])
      expect(matcher.match(listener, host, viewOf({ target: '/path/1' }))).toBeNull();
  });
});
