import { EndpointStats } from '@fairlead/balancer';
import type { Clock } from '../clock.ts';
import type { AccessLog } from '../observe/access-log.ts';
import type { WorkerMetrics } from '../observe/metrics.ts';
import type { SharedMemory, ToWorker } from '../protocol.ts';
import type { Settings } from '../settings.ts';
import { BackendChoice } from './backend-choice.ts';
import { DateField } from './date-field.ts';
import { sweepExchanges, sweepIntervalMs } from './deadlines.ts';
import { FilterStage } from './filter-stage.ts';
import { FlushQueue } from './flush-queue.ts';
import { ForwardedFields } from './forwarded-fields.ts';
import { FrameMemory } from './frame-memory.ts';
import { GatewayAnswers } from './gateway-answers.ts';
import { Mirrors } from './mirrors.ts';
import { OutputBuffer } from './output-buffer.ts';
import { Pipeline } from './pipeline.ts';
import { RequestIds } from './request-ids.ts';
import { ResponseStage } from './response-stage.ts';
import { RoutingStage } from './routing-stage.ts';
import { Sessions } from './sessions.ts';
import { Snapshot } from './snapshot.ts';
import { Tries } from './tries.ts';
import type { Http2Upstream } from './upstream/http2-upstream.ts';
import { ReadBuffers } from './upstream/read-buffers.ts';
import { type Connecting, sweepUpstream, type UpstreamShare } from './upstream/upstream-share.ts';

export interface DataPlaneOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  /** Index of the worker. */
  readonly worker: number;
  readonly memory: Pick<SharedMemory, 'endpoints' | 'turns'>;
  readonly metrics: WorkerMetrics;
  readonly accessLog: Pick<AccessLog, 'write'> | null;
  readonly onFault: (error: unknown) => void;
}

/** Connections that rest are looked at this often. */
const idleSweepMs = 1_000;

/** Everything of a worker behind its client connections, put together. */
export class DataPlane {
  readonly snapshot: Snapshot;
  readonly pipeline: Pipeline;
  readonly #clock: Clock;
  readonly #date: DateField;
  readonly #mirrors: Mirrors;
  readonly #upstream: UpstreamShare;
  #idleSweptMs: number = 0;

  constructor(options: DataPlaneOptions) {
    const { settings, clock, worker, memory, metrics } = options;
    this.#clock = clock;
    this.#date = new DateField(Date.now());
    this.#upstream = createUpstreamShare(options);
    const stats = new EndpointStats(memory.endpoints);
    this.snapshot = new Snapshot({ upstream: this.#upstream, stats, worker, random: Math.random });
    this.#mirrors = new Mirrors(this.snapshot, metrics, clock);
    const sessions = new Sessions(() => Math.floor(Date.now() / 1_000));
    const answers = new GatewayAnswers(this.#date, settings.exposeReason);
    this.pipeline = new Pipeline({
      stages: {
        routing: new RoutingStage(this.snapshot),
        filters: new FilterStage(answers),
        choice: new BackendChoice(this.snapshot, new Int32Array(memory.turns), sessions),
        forwarded: new ForwardedFields(new RequestIds()),
        mirrors: this.#mirrors,
        tries: new Tries(clock, metrics),
        responses: new ResponseStage(this.#date, sessions),
        answers,
      },
      clock,
      metrics,
      accessLog: options.accessLog,
      onFault: options.onFault,
    });
  }

  /** How often to call `sweep`. */
  get sweepIntervalMs(): number {
    return sweepIntervalMs(this.snapshot.shortestMs);
  }

  apply(update: ToWorker & { readonly type: 'update' }): void {
    this.snapshot.apply(update, this.#clock.now());
  }

  sweep(nowMs: number): void {
    this.#upstream.nowMs = nowMs;
    this.#date.update(Date.now());
    sweepExchanges(this.pipeline.open, nowMs, this.pipeline);
    this.#mirrors.sweep(nowMs);
    this.#sweepConnections(nowMs);
  }

  #sweepConnections(nowMs: number): void {
    sweepUpstream(this.#upstream, nowMs);
    if (nowMs - this.#idleSweptMs < idleSweepMs) return;
    this.#idleSweptMs = nowMs;
    for (const backend of this.snapshot.backends.values()) backend.sweep(nowMs);
  }
}

function createUpstreamShare({ settings, metrics, clock, onFault }: DataPlaneOptions): UpstreamShare {
  return {
    settings: settings.upstream,
    metrics,
    onFault,
    nowMs: clock.now(),
    output: new OutputBuffer(),
    flushes: new FlushQueue(),
    buffers: new ReadBuffers(),
    connecting: new Set<Connecting>(),
    frames: new FrameMemory(),
    sessions: new Set<Http2Upstream>(),
    streams: 0,
  };
}
