import type { EventLoopUtilization } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { type Clock, createClock } from '../clock.ts';
import { giveBackMemory } from '../give-back-memory.ts';
import { type AccessLog, openAccessLog } from '../observe/access-log.ts';
import { WorkerMetrics } from '../observe/metrics.ts';
import type { FromWorker, ToWorker, WorkerStart } from '../protocol.ts';
import { DataPlane } from './data-plane.ts';
import { Downstream, type DownstreamEvents } from './downstream.ts';
import { FaultLog } from './fault-log.ts';
import type { RecyclingReason } from './recycling.ts';

/** Client connections' deadlines are no finer than this. */
const downstreamSweepMs = 100;
/** A worker that has nothing to do after this long is a spare. */
const spareAfterMs = 2_000;
/** What the access log still has to write may take this long when the worker stops. */
const logCloseMs = 1_000;

/**
 * The composition of one data-plane thread. It is told everything by messages, and tells what became of it.
 *
 * Nothing here catches what nobody expected: an exception that reaches the event loop ends the thread, and the control thread puts another
 * in its place.
 */
class DataPlaneWorker implements DownstreamEvents {
  readonly #start: WorkerStart;
  readonly #clock: Clock;
  readonly #metrics: WorkerMetrics;
  readonly #accessLog: AccessLog | null;
  readonly #faults = new FaultLog();
  readonly #dataPlane: DataPlane;
  readonly #downstream: Downstream;
  readonly #post: (message: FromWorker) => void;
  /** Binds of the first update that have not answered yet; null before it and when all have. */
  #awaited: Set<string> | null = null;
  #ready: boolean = false;
  #bindsVersion: number = 0;
  #timer: NodeJS.Timeout | null = null;
  #downstreamSweptMs: number = 0;
  #time: EventLoopUtilization = performance.eventLoopUtilization();
  #stopAtMs: number = Number.POSITIVE_INFINITY;
  #stopping: boolean = false;

  constructor(start: WorkerStart, accessLog: AccessLog | null, metrics: WorkerMetrics, post: (m: FromWorker) => void) {
    this.#start = start;
    this.#accessLog = accessLog;
    this.#metrics = metrics;
    this.#post = post;
    this.#clock = createClock(start.clockBaseNs);
    this.#dataPlane = new DataPlane({
      settings: start.settings,
      clock: this.#clock,
      worker: start.index,
      memory: start.memory,
      metrics,
      accessLog,
      onFault: (error) => this.onFault(error),
    });
    const { settings, ticketKeys, reusePort } = start;
    this.#downstream = new Downstream(settings, ticketKeys, reusePort, this.#dataPlane.pipeline, this);
    this.#downstream.sweep(this.#clock.now());
    this.#arm();
  }

  stopAccepting(): void {
    this.#downstream.stopAccepting();
  }

  onMessage(message: ToWorker): void {
    if (message.type === 'update') this.#update(message);
    else if (message.type === 'drain') this.#downstream.beginDrain();
    else if (message.type === 'shed') this.#downstream.shed(message.share);
    else if (message.type === 'stop') this.#stop(message.deadlineMs);
    else if (this.#start.settings.debugHooks) throw new Error('crashed on request');
  }

  onBind(key: string, error: string | null): void {
    this.#post({ type: 'bind', key, error });
    this.#awaited?.delete(key);
    this.#tellReady();
  }

  onConnectionOpened(): void {
    this.#metrics.count('connectionsAccepted');
    this.#metrics.count('connectionsOpen');
  }

  onConnectionClosed(): void {
    this.#metrics.count('connectionsOpen', -1);
  }

  onRefused(status: number, code: string): void {
    this.#metrics.countReason('connectionFailures', code);
    if (status > 0) this.#metrics.exchangeDone(-1, status, 0, -1, 0, 0);
  }

  onRecycled(why: RecyclingReason): void {
    this.#metrics.countReason('connectionsRecycled', why);
  }

  onFault(error: unknown): void {
    this.#faults.write(error, Date.now());
  }

  #update(update: ToWorker & { readonly type: 'update' }): void {
    const startedMs = performance.now();
    const { snapshot } = this.#dataPlane;
    this.#dataPlane.apply(update);
    if (snapshot.bindsVersion !== this.#bindsVersion) {
      this.#bindsVersion = snapshot.bindsVersion;
      if (!this.#ready) this.#awaited ??= new Set(snapshot.binds.keys());
      this.#downstream.applyBinds(snapshot.binds);
    }
    this.#arm();
    this.#post({ type: 'applied', version: update.version, tookMs: performance.now() - startedMs });
    this.#tellReady();
  }

  #tellReady(): void {
    if (this.#ready || this.#dataPlane.snapshot.version === 0) return;
    if (this.#awaited !== null && this.#awaited.size > 0) return;
    this.#ready = true;
    this.#awaited = null;
    this.#post({ type: 'ready' });
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), this.#dataPlane.sweepIntervalMs);
  }

  #tick(): void {
    const nowMs = this.#clock.now();
    this.#dataPlane.sweep(nowMs);
    if (nowMs - this.#downstreamSweptMs >= downstreamSweepMs - 1) {
      this.#downstreamSweptMs = nowMs;
      this.#downstream.sweep(nowMs);
      this.#countTime();
    }
    if (this.#stopping && this.#isStopped(nowMs)) void this.#exit();
    else this.#arm();
  }

  /** For the balance between workers. */
  #countTime(): void {
    const time = performance.eventLoopUtilization();
    this.#metrics.count('busyMs', time.active - this.#time.active);
    this.#metrics.count('idleMs', time.idle - this.#time.idle);
    this.#time = time;
  }

  #stop(deadlineMs: number): void {
    this.#stopping = true;
    this.#stopAtMs = this.#clock.now() + deadlineMs;
    this.#downstream.stopAccepting();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#tick();
  }

  #isStopped(nowMs: number): boolean {
    if (this.#downstream.connectionCount === 0) return true;
    if (nowMs < this.#stopAtMs) return false;
    this.#downstream.closeAll();
    return true;
  }

  async #exit(): Promise<void> {
    await this.#accessLog?.close(logCloseMs);
    this.#post({ type: 'drained' });
    process.exit(0);
  }
}

const port = parentPort;
if (port === null) throw new Error('this module is a worker thread');
const start = workerData as WorkerStart;
const metrics = new WorkerMetrics(start.memory.metrics);
const accessLog = await openAccessLog(start.settings.accessLog, (lines) =>
  metrics.count('accessLogLinesDropped', lines),
);
const worker = new DataPlaneWorker(start, accessLog, metrics, (message) => port.postMessage(message));
// Ending takes tens of milliseconds; until its sockets are closed, the kernel would go on giving new connections to a thread that is dead.
process.on('uncaughtExceptionMonitor', () => worker.stopAccepting());
// A spare waits, perhaps for ever: what loading has left behind need not wait with it.
const spareTimer = setTimeout(giveBackMemory, spareAfterMs).unref();
port.on('message', (message: ToWorker) => {
  clearTimeout(spareTimer);
  worker.onMessage(message);
});
