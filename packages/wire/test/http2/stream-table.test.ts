import { describe, expect, it } from 'vitest';
import { Fate, StreamTable } from '../../src/http2/stream-table.ts';

describe('StreamTable', () => {
  it('remembers that there was a stream whose slot an earlier one held', () => {
    const table = new StreamTable<{ readonly id: number }>();
    table.add({ id: 1 });
    // Takes the slot of 1 in a table of 16, and of 2,048 it can grow to.
    const later = 1 + 2 * 2_048;
    table.add({ id: later });
    table.close(later, Fate.resetByUs);
    expect(table.fateOf(later)).toBe(Fate.forgotten);
    table.close(1, Fate.ended);
    expect(table.fateOf(later)).toBe(Fate.forgotten);
    expect(table.fateOf(1)).not.toBe(Fate.unknown);
    expect(table.fateOf(later + 2)).toBe(Fate.unknown);
  });
});
