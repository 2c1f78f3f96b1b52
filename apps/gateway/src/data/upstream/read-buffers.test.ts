import { expect, it } from 'vitest';
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
