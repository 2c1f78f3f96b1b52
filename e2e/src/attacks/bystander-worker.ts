import { parentPort, workerData } from 'node:worker_threads';
import { openLoop, percentile } from '../open-loop.ts';
import type { BystanderOptions, BystanderRun } from './bystanders.ts';

// A thread of its own: what the attacker is busy with must not count as the target's delay.
const options = workerData as BystanderOptions;
const run = await openLoop({ ...options, host: 'attacks.example.com' });
const result: BystanderRun = {
  p99Ms: percentile(run.latencies, 99),
  failed: run.sent - run.succeeded,
};
parentPort!.postMessage(result);
