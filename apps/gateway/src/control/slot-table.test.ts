import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlotTable } from './slot-table.ts';

const always = (): boolean => true;
const ignore = (): void => {};

describe('SlotTable', () => {
  it('keeps a number while it is held, and gives it back to a key that returns in time', () => {
    const table = new SlotTable(4);
    const a = table.acquire('a');
    expect(table.acquire('a')).toBe(a);
    table.release('a', 2);
    expect(table.get('a')).toBeUndefined();
    expect(table.acquire('a')).toBe(a);
  });

  it('reuses a number only after all workers applied the release and nobody uses it', () => {
    const table = new SlotTable(1);
    const a = table.acquire('a');
    table.release('a', 5);
    table.reclaim(4, always, ignore);
    expect(table.acquire('b')).toBeNull();
    table.reclaim(5, () => false, ignore);
    expect(table.acquire('b')).toBeNull();
    const reused: number[] = [];
    table.reclaim(5, always, (slot) => reused.push(slot));
    expect(reused).toEqual([a]);
    expect(table.acquire('b')).toBe(a);
  });

  it('never has two keys on one number', () => {
    const step = fc.record({ key: fc.integer({ min: 0, max: 9 }), action: fc.constantFrom('take', 'give', 'reclaim') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const table = new SlotTable(6);
        let version = 0;
        for (const { key, action } of steps) {
          version++;
          if (action === 'take') table.acquire(String(key));
          else if (action === 'give') table.release(String(key), version);
          else table.reclaim(version - 1, always, ignore);
          const slots = [...table.entries()].map(([, slot]) => slot);
          expect(new Set(slots).size).toBe(slots.length);
          expect(slots.every((slot) => slot >= 0 && slot < 6)).toBe(true);
        }
      }),
    );
  });
});
