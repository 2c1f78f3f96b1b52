import type { FromWorker, ToWorker, WorkerStart } from '../protocol.ts';
import { lookMs, WorkerBalance, type WorkerTime } from './worker-balance.ts';
import { WorkerHandle } from './worker-handle.ts';

export interface FleetOptions {
  /** The worker thread's module. */
  readonly module: URL;
  /** Live workers. One more is kept as a spare. */
  readonly count: number;
  /** What a worker starts with; the metrics buffer belongs to its index. */
  readonly start: (index: number) => WorkerStart;
  /** An update that brings a worker from nothing to the present. */
  readonly fullUpdate: () => ToWorker & { readonly type: 'update' };
  /** How the worker of this index has spent its time. */
  readonly timeOf: (index: number) => WorkerTime;
  readonly events: FleetEvents;
}

interface FleetEvents {
  /** The least version that all live workers have applied has moved. */
  onApplied(version: number): void;
  /** A bind's state over all workers has changed. */
  onBind(key: string, error: string | null): void;
  /** All workers serve for the first time. */
  onReady(): void;
  /** Another worker serves in the place of a lost one, `tookMs` after the loss was noticed. */
  onReplaced(index: number, tookMs: number): void;
  /** A worker that was not asked to has ended. Its part of the shared memory is nobody's now. */
  onLost(index: number, error: Error): void;
}

/** A worker that lived shorter than this was probably killed by its start: the next is made more slowly. */
const shortLifeMs = 1_000;
const firstPauseMs = 50;
const maxPauseMs = 5_000;

/**
 * Keeps the data plane's workers alive. A spare with its code loaded takes the place of one that dies: what is left to do then is to apply
 * the table and to bind. Indexes run from 0 to `count` (one more for the spare) and are unique among living workers.
 */
export class WorkerFleet {
  readonly #options: FleetOptions;
  readonly #workers = new Set<WorkerHandle>();
  readonly #freeIndexes: number[];
  readonly #binds = new Map<string, string | null>();
  readonly #balance = new WorkerBalance();
  #balanceTimer: NodeJS.Timeout | null = null;
  #applied = 0;
  #longestUpdateMs = 0;
  #started = false;
  #ready = false;
  #stopping = false;
  #shortLives = 0;
  /** When workers were lost whose place is still empty. */
  readonly #lossesMs: number[] = [];
  #drained: (() => void) | null = null;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#freeIndexes = Array.from({ length: options.count + 1 }, (_, i) => options.count - i);
  }

  /** Longest time a serving worker was busy with one update; its first, before it serves, does not count. */
  get longestUpdateMs(): number {
    return this.#longestUpdateMs;
  }

  /** Live workers that serve. */
  get serving(): number {
    return this.#live().filter((worker) => worker.ready).length;
  }

  /** Starts the threads: their code loads while the control thread does other things. */
  prepare(): void {
    for (let i = 0; i < this.#options.count; i++) this.#spawn();
  }

  /** Gives the workers what they serve. The spare comes once they do: it must not slow the start down. */
  start(): void {
    this.#started = true;
    for (const worker of [...this.#workers]) this.#activate(worker);
  }

  /** To all live workers. A spare gets everything when it is needed. */
  publish(update: ToWorker & { readonly type: 'update' }): void {
    for (const key of update.table.binds.remove) this.#forgetBind(key);
    for (const worker of this.#live()) worker.send(update);
  }

  /** For tests of the recovery; workers only obey with debug hooks. */
  crashOne(): void {
    this.#live()[0]?.send({ type: 'crash' });
  }

  beginDrain(): void {
    this.#stopBalancing();
    for (const worker of this.#live()) worker.send({ type: 'drain' });
  }

  /** Stops accepting, lets requests finish until `deadlineMs` from now, then ends every thread. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.#stopBalancing();
    const gone = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    for (const worker of this.#workers) {
      if (worker.state === 'live') worker.send({ type: 'stop', deadlineMs });
      else void worker.terminate();
    }
    this.#noteGone();
    // A worker ends itself at its deadline; one that can't (a stuck event loop) is ended here.
    const timer = setTimeout(() => this.#terminateAll(), deadlineMs + 2_000);
    await gone;
    clearTimeout(timer);
  }

  #live(): WorkerHandle[] {
    return [...this.#workers].filter((worker) => worker.state === 'live');
  }

  #spawn(): WorkerHandle {
    const index = this.#freeIndexes.pop()!;
    const worker = new WorkerHandle(this.#options.module, this.#options.start(index), {
      onMessage: (from, message) => this.#onMessage(from, message),
      onGone: (from, error) => this.#onGone(from, error),
    });
    this.#workers.add(worker);
    return worker;
  }

  #activateIfMissing(worker: WorkerHandle): void {
    if (this.#started && this.#live().length < this.#options.count) this.#activate(worker);
  }

  #activate(worker: WorkerHandle): void {
    worker.state = 'live';
    worker.send(this.#options.fullUpdate());
  }

  #onMessage(worker: WorkerHandle, message: FromWorker): void {
    switch (message.type) {
      case 'applied':
        worker.applied = message.version;
        if (worker.ready) this.#longestUpdateMs = Math.max(this.#longestUpdateMs, message.tookMs);
        this.#noteApplied();
        break;
      case 'bind':
        worker.binds.set(message.key, message.error);
        this.#noteBind(message.key);
        break;
      case 'ready':
        worker.ready = true;
        this.#noteReplaced(worker);
        this.#noteReady();
        break;
      case 'drained':
        break;
    }
  }

  #onGone(worker: WorkerHandle, error: Error | null): void {
    const wasLive = worker.binds.size > 0 || worker.applied > 0;
    this.#workers.delete(worker);
    this.#freeIndexes.push(worker.index);
    if (this.#stopping) {
      this.#noteGone();
      return;
    }
    if (worker.ready) this.#lossesMs.push(performance.now());
    this.#options.events.onLost(worker.index, error ?? new Error('worker ended without being asked to'));
    const spare = [...this.#workers].find((other) => other.state === 'spare');
    if (spare !== undefined) this.#activateIfMissing(spare);
    for (const key of worker.binds.keys()) this.#noteBind(key);
    this.#noteApplied();
    this.#shortLives = performance.now() - worker.startedMs < shortLifeMs && !wasLive ? this.#shortLives + 1 : 0;
    this.#refill();
  }

  /** Makes up for the worker that is missing, at once or, when workers die as soon as they start, after a pause. */
  #refill(): void {
    const pauseMs = this.#shortLives === 0 ? 0 : Math.min(firstPauseMs * 2 ** this.#shortLives, maxPauseMs);
    setTimeout(() => {
      if (this.#stopping) return;
      this.#activateIfMissing(this.#spawn());
    }, pauseMs).unref();
  }

  #noteApplied(): void {
    const applied = Math.min(...this.#live().map((worker) => worker.applied));
    if (!Number.isFinite(applied) || applied <= this.#applied) return;
    this.#applied = applied;
    this.#options.events.onApplied(applied);
  }

  /** A bind serves when it does for every worker that has answered: the first error counts. */
  #noteBind(key: string): void {
    const said = this.#live().flatMap((worker) => (worker.binds.has(key) ? [worker.binds.get(key) ?? null] : []));
    if (said.length === 0) return;
    const error = said.find((answer) => answer !== null) ?? null;
    if (this.#binds.get(key) === error) return;
    this.#binds.set(key, error);
    this.#options.events.onBind(key, error);
  }

  /** Should it come back, what workers say of it is news. */
  #forgetBind(key: string): void {
    this.#binds.delete(key);
    for (const worker of this.#workers) worker.binds.delete(key);
  }

  #noteReplaced(worker: WorkerHandle): void {
    const lostMs = this.#lossesMs.shift();
    if (lostMs !== undefined) this.#options.events.onReplaced(worker.index, performance.now() - lostMs);
  }

  #noteReady(): void {
    if (this.#ready || this.serving < this.#options.count) return;
    this.#ready = true;
    this.#spawn();
    if (this.#options.count > 1) this.#balanceTimer = setInterval(() => this.#look(), lookMs).unref();
    this.#options.events.onReady();
  }

  /** Connections of a worker that has much more to do than another are asked to come back by another. */
  #look(): void {
    const serving = this.#live().filter((worker) => worker.ready);
    const times = serving.map((worker) => this.#options.timeOf(worker.index));
    for (const { worker: index, share } of this.#balance.decide(performance.now(), times)) {
      serving.find((worker) => worker.index === index)?.send({ type: 'shed', share });
    }
  }

  #stopBalancing(): void {
    if (this.#balanceTimer !== null) clearInterval(this.#balanceTimer);
  }

  #noteGone(): void {
    if (this.#workers.size === 0) this.#drained?.();
  }

  #terminateAll(): void {
    for (const worker of this.#workers) void worker.terminate();
  }
}
