import { describe, expect, it } from 'vitest';
import { diffTables, emptyTable, isEmptyDiff } from './diff.ts';
import { entry, hostTable, tableOf } from './match.cases.ts';

const entries = Array.from({ length: 10 }, (_, i) => entry(`/p${i}`, `r${i}`));
const before = tableOf([hostTable('a.test', entries), hostTable('', entries)]);
const key = hostTable('a.test', []).key;

describe('diffTables', () => {
  it('is empty for the same table, also when equal entries are other objects', () => {
    expect(isEmptyDiff(diffTables(before, before))).toBe(true);
    const copy = tableOf([hostTable('a.test', structuredClone(entries)), before.hosts.get(hostTable('', []).key)!]);
    expect(isEmptyDiff(diffTables(before, copy))).toBe(true);
  });

  it('sets what is new and removes what is gone', () => {
    const { hosts } = diffTables(emptyTable, before);
    expect(hosts.set.map(([name]) => name)).toEqual([...before.hosts.keys()]);
    expect(diffTables(before, emptyTable).hosts).toEqual({ set: [], remove: [...before.hosts.keys()], splices: [] });
    expect(isEmptyDiff(diffTables(before, emptyTable))).toBe(false);
  });

  it.each([
    ['an edit', entries.with(4, entry('/x', 'x')), { start: 4, deleteCount: 1, insert: [entry('/x', 'x')] }],
    [
      'an addition',
      entries.toSpliced(0, 0, entry('/x', 'x')),
      { start: 0, deleteCount: 0, insert: [entry('/x', 'x')] },
    ],
    ['a removal', entries.toSpliced(8, 2), { start: 8, deleteCount: 2, insert: [] }],
    ['a repetition', entries.toSpliced(3, 0, entries[2]!), { start: 3, deleteCount: 0, insert: [entries[2]] }],
  ])('carries the run that changed: %s', (_, now, splice) => {
    const diff = diffTables(before, tableOf([hostTable('a.test', now), before.hosts.get(hostTable('', []).key)!]));
    expect(diff.hosts).toEqual({ set: [], remove: [], splices: [{ key, ...splice }] });
    expect(isEmptyDiff(diff)).toBe(false);
  });

  it('carries the whole table when most of it changed', () => {
    const now = hostTable(
      'a.test',
      entries.map((old, i) => (i % 2 === 0 ? entry('/x', 'x') : old)),
    );
    const diff = diffTables(before, tableOf([now, before.hosts.get(hostTable('', []).key)!]));
    expect(diff.hosts).toEqual({ set: [[key, now]], remove: [], splices: [] });
  });
});
