import { expect, it } from 'vitest';
import { bulkMemory } from './bulk-memory.ts';

it('lets a writer keep what a reader has lent, whole and once', () => {
  const lent = bulkMemory.take()!;
  expect(bulkMemory.mayKeep(lent)).toBe(true);
  expect(bulkMemory.mayKeep(lent.subarray(1))).toBe(false);
  bulkMemory.keep(lent);
  expect([bulkMemory.isMine(lent), bulkMemory.mayKeep(lent)]).toEqual([false, false]);
  expect(bulkMemory.take()).not.toBe(lent);
  bulkMemory.giveBack(lent);
  expect(bulkMemory.take()).toBe(lent);
});

it('is bounded', () => {
  const taken: Buffer[] = [];
  for (let next = bulkMemory.take(); next !== null; next = bulkMemory.take()) taken.push(next);
  expect(taken.length).toBeLessThanOrEqual(64);
  for (const buffer of taken) bulkMemory.giveBack(buffer);
  expect(bulkMemory.take()).not.toBeNull();
});
