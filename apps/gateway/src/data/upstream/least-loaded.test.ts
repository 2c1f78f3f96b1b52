import { expect, it } from 'vitest';
import { leastLoaded, loadOf } from './least-loaded.ts';

const connection = (openStreams: number, capacity: number) => ({
  openStreams,
  capacity,
  allowedStreams: openStreams + capacity,
});

it('chooses by the share of the streams in use, not by their number', () => {
  const large = connection(20, 80);
  expect(leastLoaded([connection(5, 5), large, connection(3, 1)])).toBe(large);
});

it('passes over connections without room', () => {
  expect(leastLoaded([connection(10, 0), connection(0, 0)])).toBeNull();
  expect(leastLoaded([])).toBeNull();
});

it('takes a connection that allows nothing for full', () => {
  expect(loadOf(connection(0, 0))).toBe(1);
});
