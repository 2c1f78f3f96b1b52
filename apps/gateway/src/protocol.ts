import type { Endpoint, TableDiff } from '@fairlead/routing';
import type { Settings } from './settings.ts';

/** What control and worker threads say to each other. Everything here is cloned by postMessage, except the shared buffers. */

/** `workerData` of a data-plane worker. */
export interface WorkerStart {
  /** 0-based; unique among live workers. */
  readonly index: number;
  readonly settings: Settings;
  readonly memory: SharedMemory;
  /** 48 secret octets shared by all workers, so that a client may resume its TLS session at any of them. */
  readonly ticketKeys: Uint8Array;
  /** `process.hrtime.bigint()` when the control thread started: zero of the clock that all threads share, see `clock.ts`. */
  readonly clockBaseNs: bigint;
  /** Workers share ports by SO_REUSEPORT; false where the platform can't, and there is one worker then. */
  readonly reusePort: boolean;
}

/** Memory that all workers and the control thread see. Slots and rows are handed out by the control thread only. */
export interface SharedMemory {
  /** One row per endpoint address:port, laid out by `EndpointStats` of @fairlead/balancer. */
  readonly endpoints: SharedArrayBuffer;
  /** One slot per rule: the position in its weighted sequence of backends (Int32). */
  readonly turns: SharedArrayBuffer;
  /** This worker's counters and histograms, laid out by `observe/metrics.ts`; one buffer per worker, so that no add needs to be atomic. */
  readonly metrics: SharedArrayBuffer;
}

export type ToWorker =
  /** Sent in version order; the first carries everything. A worker applies it between two events, whole. */
  | {
      readonly type: 'update';
      readonly version: number;
      readonly table: TableDiff;
      /** Slot of every rule in `table.rules.set`: index into `turns` and the metrics. Reused only after all workers applied the removal. */
      readonly ruleSlots: readonly (readonly [rule: string, slot: number])[];
      /** Replaces the set of each backend named. */
      readonly endpoints: readonly AssignedEndpointSet[];
    }
  /** Begin to drain: answers carry `connection: close`, idle connections close, accepting goes on until `stop`. */
  | { readonly type: 'drain' }
  /** Ask connections with about this share of the worker's requests to leave, 0 to 1: another worker has less to do. */
  | { readonly type: 'shed'; readonly share: number }
  /** Stop accepting, finish what is in flight until `deadlineMs` from now, then exit. */
  | { readonly type: 'stop'; readonly deadlineMs: number }
  /** Debug builds and tests only (`FAIRLEAD_DEBUG_HOOKS=1`): throw. */
  | { readonly type: 'crash' };

export interface AssignedEndpointSet {
  readonly backend: string;
  readonly endpoints: readonly AssignedEndpoint[];
}

export interface AssignedEndpoint extends Endpoint {
  /** Row in the endpoint statistics; the same address:port always has the same row while any backend holds it. */
  readonly row: number;
}

export type FromWorker =
  /** Sent once, after the first update is applied and every bind answered. */
  | { readonly type: 'ready' }
  | { readonly type: 'applied'; readonly version: number; readonly tookMs: number }
  /** A bind came up (`error` null) or could not (`code` of the system error, e.g. EADDRINUSE). */
  | { readonly type: 'bind'; readonly key: string; readonly error: string | null }
  | { readonly type: 'drained' };
