import { expect, it } from 'vitest';
import { bulkMemory } from '../bulk-memory.ts';
import { ReadBuffers, ReadSize } from './read-buffers.ts';

it('reads into the large buffer while reads fill the small one, and no longer', () => {
  const buffers = new ReadBuffers();
  const size = new ReadSize(buffers);
  const sizes = (reads: readonly number[]): number[] =>
    reads.map((read) => {
      size.note(read);
      return size.next().length;
    });
  expect(sizes([65_536, 65_536, 65_536, 100])).toEqual([65_536, 65_536, 65_536, 65_536]);
  expect(sizes([65_536, 65_536, 65_536, 65_536])).toEqual([65_536, 65_536, 65_536, 262_144]);
  expect(sizes([200_000, 100, 100, 100, 70_000])).toEqual([262_144, 262_144, 262_144, 262_144, 262_144]);
  expect(sizes([100, 100, 100, 100])).toEqual([262_144, 262_144, 262_144, 65_536]);
});

it('lends all connections the same memory', () => {
  const buffers = new ReadBuffers();
  expect(new ReadSize(buffers).next()).toBe(new ReadSize(buffers).next());
});

it('gives large memory back between messages and at the end', () => {
  const size = new ReadSize(new ReadBuffers());
  const grow = (): Buffer => {
    for (let i = 0; i < 4; i++) size.note(65_536);
    return size.next();
  };
  const first = grow();
  size.rest();
  expect([size.next().length, bulkMemory.isMine(first)]).toEqual([65_536, false]);
  const second = grow();
  size.close();
  expect([size.next().length, bulkMemory.isMine(second)]).toEqual([65_536, false]);
});

it('reads on into other memory when what it lent was kept', () => {
  const size = new ReadSize(new ReadBuffers());
  for (let i = 0; i < 4; i++) size.note(65_536);
  const lent = size.next();
  size.note(200_000);
  bulkMemory.keep(lent);
  const other = size.next();
  expect([other.length, other === lent]).toEqual([262_144, false]);
  bulkMemory.giveBack(lent);
  size.close();
});
