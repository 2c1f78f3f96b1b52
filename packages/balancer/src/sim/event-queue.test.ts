import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from './event-queue.ts';

test('runs what is due in order of time, ties in order of asking', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const queue = new EventQueue();
      const ran: [number, number][] = [];
      times.forEach((atMs, i) => {
        queue.at(atMs, () => ran.push([queue.nowMs, i]));
      });
      queue.runUntil(10);
      const due = times.map((atMs, i): [number, number] => [atMs, i]).filter(([atMs]) => atMs <= 10);
      expect(ran).toEqual(due.sort((a, b) => a[0] - b[0] || a[1] - b[1]));
      expect(queue.nowMs).toBe(10);
    }),
    { seed: 42 },
  );
});

test('an event may ask for another', () => {
  const queue = new EventQueue();
  const ran: number[] = [];
  const tick = () => {
    ran.push(queue.nowMs);
    queue.after(10, tick);
  };
  queue.after(10, tick);
  queue.runUntil(35);
  expect(ran).toEqual([10, 20, 30]);
});
