import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker, WorkerStart } from '../protocol.ts';

/** A spare has loaded its code and waits; its first update makes it live. */
export type WorkerState = 'spare' | 'live' | 'gone';

export interface WorkerEvents {
  onMessage(worker: WorkerHandle, message: FromWorker): void;
  /** It ended, whatever the reason; `error` null when it was asked to. Called once. */
  onGone(worker: WorkerHandle, error: Error | null): void;
}

/**
 * MiB of heap for what is new: two halves of 4. V8's default is several times as much, and what has once been used of it stays
 * resident: with 10,000 idle connections 2.5 KiB of each, more than their objects. No difference in CPU per request was found.
 */
const maxYoungGenerationSizeMb = 12;

/** One worker thread as the control thread sees it. */
export class WorkerHandle {
  readonly index: number;
  state: WorkerState = 'spare';
  /** Last update it has applied whole; 0 for none. */
  applied: number = 0;
  /** Every bind of its first update has answered. */
  ready: boolean = false;
  /** What each bind of this worker last said. */
  readonly binds: Map<string, string | null> = new Map();
  readonly startedMs: number;
  readonly #worker: Worker;
  #error: Error | null = null;

  constructor(module: URL, start: WorkerStart, events: WorkerEvents) {
    this.index = start.index;
    this.startedMs = performance.now();
    this.#worker = new Worker(module, {
      workerData: start,
      name: `fairlead-${start.index}`,
      stdout: false,
      stderr: false,
      resourceLimits: { maxYoungGenerationSizeMb },
    });
    this.#worker.on('message', (message: FromWorker) => events.onMessage(this, message));
    this.#worker.on('error', (error) => {
      this.#error = error instanceof Error ? error : new Error(String(error));
    });
    this.#worker.on('exit', (code) => {
      const stopped = code === 0 && this.#error === null;
      this.state = 'gone';
      events.onGone(this, stopped ? null : (this.#error ?? new Error(`worker exited with code ${code}`)));
    });
  }

  send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Ends the thread at once, with all it has in flight. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }
}
