import { parentPort, workerData } from 'node:worker_threads';
import { EndpointStats } from '../src/endpoint-stats.ts';
import { answer, createPool, fail } from '../src/pool-fixture.ts';

// For tests: a thread that serves requests over shared statistics, and leaves some of them open.

export interface ThreadTask {
  readonly buffer: SharedArrayBuffer;
  readonly worker: number;
  readonly endpoints: number;
  readonly requests: number;
  /** Every so many requests one fails. */
  readonly failEvery: number;
  readonly leaveOpen: number;
}

const task = workerData as ThreadTask;
const pool = createPool(task.endpoints, { stats: new EndpointStats(task.buffer), worker: task.worker });
for (let i = 1; i <= task.requests; i++) {
  const lease = pool.pick(2_000 + i / 100, null)!;
  if (i % task.failEvery === 0) fail(lease);
  else answer(lease);
}
for (let i = 0; i < task.leaveOpen; i++) pool.pick(1e6, null);
parentPort!.postMessage('done');
