import { isDeepStrictEqual } from 'node:util';
import { ClusterStore, type KubeApi, type KubeLog, type StoreChange, type StoreProblem } from '@fairlead/kube';
import { formatSchemaPath } from '@fairlead/resources';
import type { SourceProblem, SourceUpdate } from './source-update.ts';

export interface KubeSourceOptions {
  readonly api: KubeApi;
  /** GatewayClasses with this `spec.controllerName` are ours. */
  readonly controllerName: string;
  readonly log: KubeLog;
  /** First when everything that matters is known, then after each change. */
  readonly onUpdate: (update: SourceUpdate) => void;
  /** Somebody wrote a status. */
  readonly onObserved?: () => void;
  readonly timing?: Partial<KubeSourceTiming>;
}

export interface KubeSourceTiming {
  /** A change after a time without any is passed on after this long: what belongs to it comes within milliseconds. */
  readonly firstMs: number;
  /** In a burst a change is passed on when it has been quiet for this long … */
  readonly quietMs: number;
  /** … or this long after the first that was not passed on; also how long it has to be quiet for a burst to be over. */
  readonly maxWaitMs: number;
  /** Least time between two updates of endpoints: the whole map is copied each time. */
  readonly sliceGapMs: number;
  /** What is newly named (a Gateway's Secret) is waited for this long, so that it does not look missing. */
  readonly maxHoldMs: number;
  /** The same before the first update. */
  readonly maxFirstHoldMs: number;
}

const defaults: KubeSourceTiming = {
  firstMs: 5,
  quietMs: 20,
  maxWaitMs: 200,
  sliceGapMs: 10,
  maxHoldMs: 1_000,
  maxFirstHoldMs: 10_000,
};

/** Follows a cluster. Objects are gathered for a moment, endpoints are passed on at once. */
export class KubeSource {
  /** What the server has, with its statuses. */
  readonly store: ClusterStore;
  readonly #options: KubeSourceOptions;
  readonly #timing: KubeSourceTiming;
  #signal: AbortSignal = AbortSignal.abort();
  #update: SourceUpdate | null = null;
  #objectTimer: NodeJS.Timeout | null = null;
  #sliceTimer: NodeJS.Timeout | null = null;
  /** Of the first change that was not passed on; null when there is none. */
  #waitingSinceMs: number | null = null;
  /** Since when what is newly named is waited for. */
  #heldSinceMs: number | null = null;
  #passedOnAtMs = Number.NEGATIVE_INFINITY;
  #slicesAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: KubeSourceOptions) {
    const { api, controllerName, log } = options;
    this.#options = options;
    this.#timing = { ...defaults, ...options.timing };
    this.store = new ClusterStore({ api, controllerName, log, onChange: (what) => this.#noteChange(what) });
  }

  /** Begins to follow the cluster, until `signal` aborts. The first update comes later: a cluster may be away for long. */
  start(signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#close(), { once: true });
    this.store.start(signal);
  }

  /** What the first update waits for; empty once it was given. */
  get waitingFor(): readonly string[] {
    return this.#update === null ? this.store.missing : [];
  }

  #noteChange(what: StoreChange): void {
    if (this.#signal.aborted) return;
    if (what === 'observed') this.#options.onObserved?.();
    else if (what === 'slices' && this.#update !== null) this.#scheduleSlices();
    else this.#scheduleObjects();
  }

  #scheduleObjects(): void {
    const { firstMs, quietMs, maxWaitMs } = this.#timing;
    const nowMs = performance.now();
    this.#waitingSinceMs ??= nowMs;
    const isBurst = nowMs - this.#passedOnAtMs < maxWaitMs;
    const leftMs = Math.max(0, this.#waitingSinceMs + maxWaitMs - nowMs);
    this.#armObjects(Math.min(isBurst ? quietMs : firstMs, leftMs));
  }

  #armObjects(afterMs: number): void {
    if (this.#objectTimer !== null) clearTimeout(this.#objectTimer);
    this.#objectTimer = setTimeout(() => this.#flushObjects(), afterMs);
  }

  #scheduleSlices(): void {
    if (this.#sliceTimer !== null) return;
    const waitMs = this.#slicesAtMs + this.#timing.sliceGapMs - performance.now();
    this.#sliceTimer = setTimeout(() => this.#flushSlices(), Math.max(0, waitMs));
  }

  #flushSlices(): void {
    this.#sliceTimer = null;
    this.#slicesAtMs = performance.now();
    const { slices } = this.store.refresh();
    if (this.#update !== null && slices !== this.#update.slices) this.#pass({ ...this.#update, slices });
  }

  #flushObjects(): void {
    this.#objectTimer = null;
    const { state, slices } = this.store.refresh();
    if (this.#update === null && this.store.missing.length > 0) return;
    const nowMs = performance.now();
    if (!this.store.settled) {
      const holdMs = this.#update === null ? this.#timing.maxFirstHoldMs : this.#timing.maxHoldMs;
      this.#heldSinceMs ??= nowMs;
      const leftMs = this.#heldSinceMs + holdMs - nowMs;
      // An answer about what is waited for is a change, and comes back to here.
      if (leftMs > 0) {
        this.#armObjects(leftMs);
        return;
      }
    }
    this.#heldSinceMs = null;
    this.#waitingSinceMs = null;
    const problems = this.#keepProblems(this.store.problems.map(toSourceProblem));
    const before = this.#update;
    if (state === before?.state && slices === before.slices && problems === before.problems) return;
    this.#passedOnAtMs = nowMs;
    this.#pass({ state, slices, problems });
  }

  #pass(update: SourceUpdate): void {
    this.#update = update;
    this.#options.onUpdate(update);
  }

  #keepProblems(problems: readonly SourceProblem[]): readonly SourceProblem[] {
    const before = this.#update?.problems;
    return before !== undefined && isDeepStrictEqual(before, problems) ? before : problems;
  }

  #close(): void {
    if (this.#objectTimer !== null) clearTimeout(this.#objectTimer);
    if (this.#sliceTimer !== null) clearTimeout(this.#sliceTimer);
  }
}

function toSourceProblem({ kind, key, path, message, severity }: StoreProblem): SourceProblem {
  const object = key === '' ? kind : `${kind} ${key}`;
  return { file: '', line: 0, object, field: formatSchemaPath(path), message, severity };
}
