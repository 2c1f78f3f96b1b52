import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

export interface BystanderOptions {
  readonly port: number;
  readonly path: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
}

export interface BystanderRun {
  readonly p99Ms: number;
  readonly failed: number;
}

/** Requests of clients who do no harm, at a fixed rate on connections of their own. */
export async function bystanders(options: BystanderOptions): Promise<BystanderRun> {
  const worker = new Worker(join(import.meta.dirname, 'bystander-worker.ts'), { workerData: options });
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}
