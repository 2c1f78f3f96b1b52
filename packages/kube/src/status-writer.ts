import type { Statuses } from '@fairlead/resources';
import { Backoff, defaultBackoff } from './backoff.ts';
import { type Clock, systemClock } from './clock.ts';
import type { ClusterStore } from './cluster-store.ts';
import { collectionPath, kindResource } from './kind-resource.ts';
import type { KubeApi } from './kube-api.ts';
import { describeError, KubeApiError } from './kube-error.ts';
import type { KubeLog } from './log.ts';
import { type PendingWrite, PendingWrites } from './pending-writes.ts';
import type { RawObject } from './raw-object.ts';
import type { MergeContext } from './status-merge.ts';
import {
  generationOf,
  mergeStatus,
  type StatusTable,
  statusTables,
  type WantedStatus,
  withdrawStatus,
} from './status-table.ts';
import type { StoredObject } from './stored-object.ts';
import { TokenBucket } from './token-bucket.ts';
import { type PaceTiming, WritePace } from './write-pace.ts';

export interface StatusWriterOptions {
  readonly api: Pick<KubeApi, 'get' | 'mergePatch'>;
  /** What the server has. */
  readonly store: Pick<ClusterStore, 'observed' | 'versionOf'>;
  readonly controllerName: string;
  /** Asked before each write. */
  readonly isLeader: () => boolean;
  readonly log: KubeLog;
  readonly clock?: Clock;
  readonly wallClock?: () => Date;
  /** 0 … 1 */
  readonly random?: () => number;
  readonly timing?: Partial<StatusWriterTiming>;
}

export interface StatusWriterTiming extends PaceTiming {
  readonly writesPerSecond: number;
  readonly burst: number;
  readonly concurrency: number;
  /** Least time between two looks at what others have written. */
  readonly lookMs: number;
  /** Without any news. */
  readonly idleLookMs: number;
  /** Before a write is tried again that was refused because somebody else was faster. */
  readonly conflictMs: number;
  /** A kind that we may not write is tried again after this long. */
  readonly forbiddenMs: number;
}

const defaultTiming: StatusWriterTiming = {
  writesPerSecond: 40,
  burst: 80,
  concurrency: 4,
  firstGapMs: 150,
  maxGapMs: 1_200,
  quietMs: 4_000,
  lookMs: 500,
  idleLookMs: 30_000,
  conflictMs: 50,
  forbiddenMs: 30_000,
};

/**
 * Brings the statuses in the cluster to what the compiler wants them to be. It compares with what the server has, so that nothing is written
 * when that says the same, whoever wrote it; it demands of each write that nobody wrote between; and of several wishes for one object only the
 * newest is written. Gateways go first.
 */
export class StatusWriter {
  /** Since the start. */
  readonly counts: { written: number; conflicts: number; failed: number } = { written: 0, conflicts: 0, failed: 0 };
  readonly #options: StatusWriterOptions;
  readonly #timing: StatusWriterTiming;
  readonly #clock: Clock;
  readonly #bucket: TokenBucket;
  readonly #pace: WritePace;
  readonly #backoff: Backoff;
  readonly #pending: PendingWrites = new PendingWrites();
  /** Objects newer than the store has them, by `idOf`: as the server answered when the store had `base`. */
  readonly #answers = new Map<string, { readonly base: StoredObject; readonly object: StoredObject }>();
  /** What was wanted of an object when it was found to need no more. */
  readonly #settled = new WeakMap<StoredObject, Wanted>();
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #forbiddenUntilMs = new Map<StatusTable, number>();
  #wanted: Statuses | null = null;
  #hasNewWishes = false;
  #hasNewObjects = false;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #waker = new AbortController();

  constructor(options: StatusWriterOptions) {
    const { random = Math.random } = options;
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#clock = options.clock ?? systemClock;
    this.#bucket = new TokenBucket(this.#timing.writesPerSecond, this.#timing.burst);
    this.#pace = new WritePace(this.#timing);
    this.#backoff = new Backoff(defaultBackoff, random);
  }

  /** From now on this is what should be. Statuses, and tables of them, that say the same should be the same objects. */
  want(statuses: Statuses): void {
    if (statuses === this.#wanted) return;
    this.#wanted = statuses;
    this.#hasNewWishes = true;
    this.#waker.abort();
  }

  /** The server has something new, or it is our turn to write. */
  noteObserved(): void {
    this.#hasNewObjects = true;
    this.#waker.abort();
  }

  /** Until `signal` aborts and what was under way is done. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#waker = new AbortController();
      const restMs = this.#options.isLeader() ? this.#work() : this.#stepBack();
      await this.#clock.sleep(restMs, AbortSignal.any([signal, this.#waker.signal]));
    }
    await this.finish();
  }

  /** Resolves when no write is under way. */
  async finish(): Promise<void> {
    await Promise.all(this.#inFlight.values());
  }

  /** Another leads: what is pending is theirs to write. When it is our turn again, everything is compared anew. */
  #stepBack(): number {
    this.#pending.clear();
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
    return this.#timing.idleLookMs;
  }

  /** Begins what may be begun. In how many milliseconds there may be more to do; a write that ends wakes us too. */
  #work(): number {
    const nowMs = this.#clock.nowMs();
    const lookInMs = this.#lookIfDue(nowMs);
    const pausedMs = this.#pausedUntilMs - nowMs;
    return Math.min(lookInMs, pausedMs > 0 ? pausedMs : this.#beginWrites(nowMs));
  }

  #beginWrites(startMs: number): number {
    while (this.#inFlight.size < this.#timing.concurrency && this.#options.isLeader()) {
      const nowMs = this.#clock.nowMs();
      // Comparing takes time too, and others have to get their turn.
      if (nowMs - startMs >= turnMs) return 1;
      const dueInMs = this.#pending.dueInMs(nowMs);
      const waitMs = Math.max(dueInMs, this.#bucket.waitMs(nowMs));
      if (waitMs > 0) return waitMs;
      this.#begin(this.#pending.take(nowMs)!, nowMs);
    }
    return this.#timing.idleLookMs;
  }

  /** Looks for differences: at once when something else is wanted, a little later when others wrote, now and then in any case. */
  #lookIfDue(nowMs: number): number {
    const { lookMs, idleLookMs } = this.#timing;
    const dueMs = this.#hasNewWishes ? nowMs : this.#lookedAtMs + (this.#hasNewObjects ? lookMs : idleLookMs);
    if (nowMs < dueMs) return dueMs - nowMs;
    this.#lookedAtMs = nowMs;
    this.#hasNewWishes = false;
    this.#hasNewObjects = false;
    for (const table of statusTables) this.#look(table, nowMs);
    this.#pace.sweep(nowMs);
    return idleLookMs;
  }

  /** Notes the objects of a kind that may need a write. One that was compared before, and did not change, costs a lookup. */
  #look(table: StatusTable, nowMs: number): void {
    if (this.#wanted === null || nowMs < (this.#forbiddenUntilMs.get(table) ?? 0)) return;
    for (const [key, stored] of this.#options.store.observed(table.kind)) {
      const wanted = this.#wantedOf(table, key);
      if (this.#settled.get(stored) === wanted) continue;
      const id = idOf(table, key);
      if (this.#inFlight.has(id) || this.#settled.get(this.#newest(id, stored)) === wanted) continue;
      this.#pending.add({ table, key }, this.#pace.nextMs(id));
    }
  }

  #wantedOf({ name }: StatusTable, key: string): Wanted {
    return (this.#wanted?.[name].get(key) as WantedStatus | undefined) ?? nothing;
  }

  /** Every write demands the version that the store had, so the version after `base` is the one that the server answered with. */
  #newest(id: string, stored: StoredObject): StoredObject {
    const answer = this.#answers.get(id);
    if (answer === undefined) return stored;
    if (answer.base === stored) return answer.object;
    this.#answers.delete(id);
    return stored;
  }

  /** Writes one object unless it is as it should be. */
  #begin({ table, key }: PendingWrite, nowMs: number): void {
    const id = idOf(table, key);
    const stored = this.#options.store.observed(table.kind).get(key);
    const path = this.#pathOf(table, key);
    if (stored === undefined || path === null) return;
    const object = this.#newest(id, stored);
    const wanted = this.#wantedOf(table, key);
    const status = this.#statusFor(table, key, wanted, object);
    if (status === null) {
      this.#settled.set(object, wanted);
      return;
    }
    this.#bucket.take();
    this.#pace.noteWrite(id, nowMs);
    const write = this.#write({ table, key, id, path, stored, object, wanted, status }).finally(() => {
      this.#inFlight.delete(id);
      if (this.#wantedOf(table, key) !== wanted) this.#pending.add({ table, key }, this.#pace.nextMs(id));
      this.#waker.abort();
    });
    this.#inFlight.set(id, write);
  }

  /** Null: nothing to write. A status that was compiled from another generation is not written: the right one is on its way. */
  #statusFor(table: StatusTable, key: string, wanted: Wanted, object: StoredObject): object | null {
    const { controllerName, wallClock = () => new Date() } = this.#options;
    const namespace = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
    const context: MergeContext = { controllerName, namespace, now: wallClock().toISOString().replace(/\.\d+/, '') };
    const there = (object.status ?? {}) as Readonly<Record<string, unknown>>;
    if (wanted === nothing) return withdrawStatus(table, there, context);
    const generation = generationOf(wanted);
    return generation !== null && generation !== object.generation ? null : mergeStatus(wanted, there, context);
  }

  #pathOf({ kind }: StatusTable, key: string): string | null {
    const version = this.#options.store.versionOf(kind);
    if (version === null) return null;
    const slash = key.indexOf('/');
    const collection = collectionPath(kindResource(kind), version, slash < 0 ? null : key.slice(0, slash));
    return `${collection}/${encodeURIComponent(key.slice(slash + 1))}`;
  }

  async #write(job: WriteJob): Promise<void> {
    const { table, id, path, stored, object, wanted, status } = job;
    try {
      const metadata = { resourceVersion: object.resourceVersion };
      const answer = await this.#options.api.mergePatch<RawObject>(path, { metadata, status }, 'status');
      this.counts.written++;
      this.#backoff.reset();
      this.#forbiddenUntilMs.delete(table);
      // The server may not know all that we write; then what it has now is all there can be.
      const isSame = answer.metadata.resourceVersion === object.resourceVersion;
      if (isSame) this.#settled.set(object, wanted);
      else this.#answers.set(id, { base: stored, object: toStored(answer, object) });
    } catch (error) {
      await this.#noteFailure(job, toKubeError(error));
    }
  }

  async #noteFailure(job: WriteJob, error: KubeApiError): Promise<void> {
    const { table, key, object, wanted } = job;
    const { log } = this.#options;
    if (error.status === 409) return this.#noteConflict(job);
    if (error.status === 404) return void this.#settled.set(object, wanted);
    this.counts.failed++;
    const nowMs = this.#clock.nowMs();
    const fields = { kind: table.kind, object: key, error: error.message };
    if (error.status === 400 || error.status === 422) {
      // It will not be better the next time.
      this.#settled.set(object, wanted);
      log.error(fields, 'the server does not accept a status');
    } else if (error.status === 403) {
      if (!this.#forbiddenUntilMs.has(table)) log.error(fields, 'no right to write the statuses of a kind');
      this.#forbiddenUntilMs.set(table, nowMs + this.#timing.forbiddenMs);
      this.#pending.clear(table);
    } else {
      if (this.#backoff.failures === 0) log.warn(fields, 'a status could not be written; trying again');
      this.#pausedUntilMs = nowMs + this.#backoff.nextMs(error);
      this.#pending.add(job, this.#pausedUntilMs);
    }
  }

  /** Somebody was faster. The store will learn of it; asking is faster still when its watch is slow. */
  async #noteConflict(job: WriteJob): Promise<void> {
    const { id, path, stored, object, wanted } = job;
    this.counts.conflicts++;
    try {
      const now = await this.#options.api.get<RawObject>(path);
      // Another object of the same name is not the one that was compiled.
      if (now.metadata.uid !== object.uid) this.#settled.set(object, wanted);
      else this.#answers.set(id, { base: stored, object: toStored(now, object) });
    } catch {
      // Whatever it is, the next write will run into it.
    }
    this.#pending.add(job, this.#clock.nowMs() + this.#timing.conflictMs);
  }
}

/** There is nothing of ours to be on an object. */
const nothing: unique symbol = Symbol('nothing');
type Wanted = WantedStatus | typeof nothing;

interface WriteJob extends PendingWrite {
  readonly id: string;
  readonly path: string;
  /** What the store had. */
  readonly stored: StoredObject;
  /** What is written over. */
  readonly object: StoredObject;
  readonly wanted: Wanted;
  readonly status: object;
}

const turnMs = 8;

function idOf({ kind }: StatusTable, key: string): string {
  return `${kind} ${key}`;
}

function toStored({ metadata, status }: RawObject, before: StoredObject): StoredObject {
  const { resourceVersion, generation } = metadata;
  return { ...before, resourceVersion, generation: typeof generation === 'number' ? generation : 0, status };
}

function toKubeError(error: unknown): KubeApiError {
  return error instanceof KubeApiError ? error : new KubeApiError(0, 'BadResponse', describeError(error), null, error);
}
