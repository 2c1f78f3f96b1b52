import type { Http1Limits } from '@fairlead/wire';
import type { WorkerMetrics } from '../../observe/metrics.ts';
import type { UpstreamSettings } from '../../settings.ts';
import type { OutputShare } from '../http1-response-writer.ts';
import type { ReadBuffers } from './read-buffers.ts';

/** What all upstream connections of a worker share. */
export interface UpstreamShare extends OutputShare {
  readonly settings: UpstreamSettings;
  readonly buffers: ReadBuffers;
  readonly metrics: WorkerMetrics;
  /** Connections that don't stand yet; the sweep looks at their age. */
  readonly connecting: Set<Connecting>;
  /** Time of the last sweep: ages of connections need no finer clock. */
  nowMs: number;
  /** A stage threw while it handled an endpoint's bytes. */
  readonly onFault: (error: unknown) => void;
}

export interface Connecting {
  readonly openedMs: number;
  connectTimedOut(): void;
}

/** Of responses. Endpoints are trusted more than clients, not without bound. */
export const responseLimits: Http1Limits = {
  maxTargetBytes: 0,
  maxHeadBytes: 65_536,
  maxFields: 256,
  allowUnderscores: true,
};
