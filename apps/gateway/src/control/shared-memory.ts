import { EndpointStats } from '@fairlead/balancer';
import { WorkerMetrics } from '../observe/metrics.ts';
import type { SharedMemory } from '../protocol.ts';

/** What fits into the shared memory. Pages that are never touched cost nothing, so these are generous. */
export const capacity: { readonly endpoints: number; readonly rules: number } = { endpoints: 65_536, rules: 65_536 };

/** The memory all threads share; metrics are one buffer per worker index, kept when a worker is replaced so that counters never go back. */
export interface FleetMemory {
  readonly endpoints: SharedArrayBuffer;
  readonly turns: SharedArrayBuffer;
  readonly metrics: readonly SharedArrayBuffer[];
}

export function allocateMemory(workerIndexes: number): FleetMemory {
  return {
    endpoints: new SharedArrayBuffer(EndpointStats.byteLength(capacity.endpoints)),
    turns: new SharedArrayBuffer(capacity.rules * Int32Array.BYTES_PER_ELEMENT),
    metrics: Array.from(
      { length: workerIndexes },
      () => new SharedArrayBuffer(WorkerMetrics.byteLength(capacity.rules)),
    ),
  };
}

export function memoryOf(memory: FleetMemory, index: number): SharedMemory {
  return { endpoints: memory.endpoints, turns: memory.turns, metrics: memory.metrics[index]! };
}
