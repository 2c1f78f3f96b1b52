import { describe, expect, it } from 'vitest';
import { EntryList } from './entry-list.ts';
import { entry, hostTable, is, like } from './match.cases.ts';
import { PreparedEntry } from './prepared-entry.ts';
import type { MatchEntry } from './table.ts';

function prepared(order: number, conditions: Partial<MatchEntry> = {}): PreparedEntry {
  return new PreparedEntry(hostTable('', []), entry('/', `r${order}`, conditions), order);
}

describe('EntryList', () => {
  it('keeps entries in order, whatever order they come in', () => {
    const list = new EntryList();
    const entries = [prepared(0), prepared(1), prepared(2)];
    for (const i of [1, 2, 0]) list.add(entries[i]!);
    expect(list.plain).toEqual(entries);
  });

  it('puts entries under their first exact condition: headers before query parameters, patterns never', () => {
    const list = new EntryList();
    list.add(prepared(0, { headers: [like('a', 'x'), is('b', '1')], query: [is('q', '2')] }));
    list.add(prepared(1, { headers: [like('a', 'x')], query: [is('q', '2')] }));
    list.add(prepared(2, { headers: [is('b', '3')] }));
    list.add(prepared(3, { headers: [like('a', 'x')] }));
    expect(list.keyed.map(({ source, name, byValue }) => [source, name, [...byValue.keys()]])).toEqual([
      ['header', 'b', ['1', '3']],
      ['query', 'q', ['2']],
    ]);
    expect(list.plain.map(({ order }) => order)).toEqual([3]);
  });

  it('is empty again when all are removed', () => {
    const list = new EntryList();
    const entries = [prepared(0, { headers: [is('a', '1')] }), prepared(1, { headers: [is('a', '1')] }), prepared(2)];
    for (const one of entries) list.add(one);
    for (const one of entries) {
      expect(list.isEmpty).toBe(false);
      list.remove(one);
    }
    expect(list.isEmpty).toBe(true);
    expect(list.keyed).toEqual([]);
  });
});
