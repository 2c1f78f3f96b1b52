import type { Http1Limits } from '@fairlead/wire';
import type { WorkerMetrics } from '../../observe/metrics.ts';
import type { UpstreamSettings } from '../../settings.ts';
import type { FrameMemory } from '../frame-memory.ts';
import type { OutputShare } from '../http1-response-writer.ts';
import type { Http2Upstream } from './http2-upstream.ts';
import type { ReadBuffers } from './read-buffers.ts';

/** What all upstream connections of a worker share. */
export interface UpstreamShare extends OutputShare {
  readonly settings: UpstreamSettings;
  readonly buffers: ReadBuffers;
  readonly metrics: WorkerMetrics;
  /** Connections that don't stand yet and requests that wait for them, the oldest first; the sweep looks at their age. */
  readonly connecting: Set<Connecting>;
  /** For HTTP/2. */
  readonly frames: FrameMemory;
  /** HTTP/2 connections that stand; the sweep looks whether their endpoints live. */
  readonly sessions: Set<Http2Upstream>;
  /** Their streams, as the metrics have it. */
  streams: number;
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

/** Looks at what waits for endpoints, and at the HTTP/2 connections that stand. */
export function sweepUpstream(share: UpstreamShare, nowMs: number): void {
  const { connectTimeoutMs } = share.settings;
  // Oldest first: the others are younger.
  for (const connecting of share.connecting) {
    if (nowMs - connecting.openedMs < connectTimeoutMs) break;
    connecting.connectTimedOut();
  }
  let streams = 0;
  for (const connection of share.sessions) {
    streams += connection.openStreams;
    connection.sweep(nowMs);
  }
  share.metrics.count('upstreamHttp2StreamsOpen', streams - share.streams);
  share.streams = streams;
}
