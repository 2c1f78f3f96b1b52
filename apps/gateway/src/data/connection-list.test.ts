import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ClientConnection } from './connection-list.ts';
import { ConnectionList } from './connection-list.ts';

function connection(): ClientConnection {
  return {
    previous: null,
    next: null,
    list: null,
    server: undefined as never,
    scope: undefined as never,
    tenure: undefined as never,
    deadlineMs: 0,
    sweep: () => {},
    restartDeadline: () => {},
    closeWhenIdle: () => {},
    makeRoom: () => {},
    destroy: () => {},
  };
}

it('two lists hold what two arrays would', () => {
  const step = fc.record({ item: fc.nat(7), to: fc.constantFrom('a', 'b', 'out') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const items = Array.from({ length: 8 }, connection);
      const lists = { a: new ConnectionList(), b: new ConnectionList() };
      const model: Record<'a' | 'b', ClientConnection[]> = { a: [], b: [] };
      for (const { item, to } of steps) {
        const moved = items[item]!;
        for (const key of ['a', 'b'] as const) model[key] = model[key].filter((other) => other !== moved);
        if (to === 'out') moved.list?.remove(moved);
        else {
          lists[to as 'a'].adopt(moved);
          model[to as 'a'].push(moved);
        }
        for (const key of ['a', 'b'] as const) {
          expect(lists[key].snapshot()).toEqual(model[key]);
          expect(lists[key].size).toBe(model[key].length);
        }
      }
    }),
    { numRuns: 200, seed: 7 },
  );
});
