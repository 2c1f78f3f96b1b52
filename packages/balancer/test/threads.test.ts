import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { EndpointStats } from '../src/endpoint-stats.ts';
import { endpoints } from '../src/pool-fixture.ts';
import type { ThreadTask } from './threads-fixture.ts';

async function runThread(task: ThreadTask): Promise<void> {
  const thread = new Worker(new URL('./threads-fixture.ts', import.meta.url), { workerData: task });
  await once(thread, 'message');
  await thread.terminate();
}

test('threads that hammer the same rows agree on what happened', async () => {
  const buffer = new SharedArrayBuffer(EndpointStats.byteLength(4));
  const stats = new EndpointStats(buffer);
  const task = { buffer, endpoints: 4, requests: 60_000, failEvery: 50 };
  await Promise.all([runThread({ ...task, worker: 0, leaveOpen: 3 }), runThread({ ...task, worker: 1, leaveOpen: 4 })]);
  const sum = (read: (row: number) => number) => endpoints(4).reduce((total, { row }) => total + read(row), 0);
  expect(sum((row) => stats.requests(row))).toBe(120_000);
  expect(sum((row) => stats.failures(row))).toBe(2_400);
  expect(sum((row) => stats.inFlight(row))).toBe(7);
  stats.clearWorker(0);
  expect(sum((row) => stats.inFlight(row))).toBe(4);
  stats.clearWorker(1);
  expect(endpoints(4).map(({ row }) => stats.inFlight(row))).toEqual([0, 0, 0, 0]);
});
