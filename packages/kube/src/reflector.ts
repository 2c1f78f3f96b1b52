import { Backoff, type BackoffTiming, defaultBackoff, pause } from './backoff.ts';
import type { KubeApi, Query, WatchEvent } from './kube-api.ts';
import { describeError, KubeApiError, type KubeStatus, statusToError } from './kube-error.ts';
import { listPages } from './page-list.ts';
import { objectKey, type RawObject, toRawObject } from './raw-object.ts';
import { Watchdog } from './watchdog.ts';

export interface Versioned {
  readonly resourceVersion: string;
}

export interface ReflectorOptions<T extends Versioned> {
  readonly api: KubeApi;
  /** The path of the collection; null while the cluster does not serve it. Asked again after it was not found. */
  readonly locate: () => Promise<string | null>;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  /** What to keep of an object. Not called for an object whose resourceVersion is known. */
  readonly read: (raw: RawObject, before: T | undefined) => T;
  /** Called for each object that is new, differs or is gone. */
  readonly onChange: (key: string, before: T | undefined, after: T | undefined) => void;
  /** Called whenever `state` changes. */
  readonly onState: (state: ReflectorState) => void;
  /** 0 … 1 */
  readonly random: () => number;
  /** Shared by all reflectors of a server. */
  readonly streaming: StreamingSupport;
  readonly timing?: Partial<ReflectorTiming>;
}

/** Whether the server can send a list as a watch (`sendInitialEvents`, Kubernetes 1.32 and newer); found out by trying. */
export interface StreamingSupport {
  supported: boolean;
}

/**
 * - `starting`: nothing has been heard yet
 * - `live`: complete, and followed
 * - `absent`: the cluster does not serve the kind
 * - `failing`: the last call failed; what was known stays
 */
export type ReflectorState =
  | { readonly is: 'starting' | 'live' | 'absent' }
  | { readonly is: 'failing'; readonly error: KubeApiError };

export interface ReflectorTiming extends BackoffTiming {
  /** A watch is renewed after so many seconds, give or take a fifth by chance … */
  readonly watchSeconds: number;
  /** … and given up when the server does not end it within this much more: its connection is half dead. */
  readonly graceMs: number;
  /** A list that is sent as a watch has to go on within this time. */
  readonly silenceMs: number;
  /** How often to look whether the cluster serves the kind by now. */
  readonly absentPollMs: number;
  /** Objects are forgotten when their kind has been absent for this long: a server that starts may not know all kinds at once. */
  readonly absentGraceMs: number;
  readonly pageSize: number;
}

const defaultTiming: ReflectorTiming = {
  ...defaultBackoff,
  watchSeconds: 22,
  graceMs: 3_000,
  silenceMs: 20_000,
  absentPollMs: 10_000,
  absentGraceMs: 30_000,
  pageSize: 500,
};

/** A watch that lasted this long has worked. */
const provenMs = 5_000;
const shortWatchMs = 1_000;
const maxStreamSeconds = 300;

/**
 * Follows one collection. What it holds is always what the server held at some moment, and only ever moves forward: a new list replaces the
 * old one whole when it is complete, failures of any kind leave everything as it was.
 */
export class Reflector<T extends Versioned> {
  readonly #options: ReflectorOptions<T>;
  readonly #timing: ReflectorTiming;
  readonly #backoff: Backoff;
  #objects = new Map<string, T>();
  #state: ReflectorState = { is: 'starting' };
  #path: string | null = null;
  /** Where to go on; null when a list is needed. */
  #version: string | null = null;
  #listed = false;
  #absentSinceMs: number | null = null;
  #brokenStreams = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#backoff = new Backoff(this.#timing, options.random);
  }

  /** By `namespace/name`. Changes in place. */
  get objects(): ReadonlyMap<string, T> {
    return this.#objects;
  }

  get state(): ReflectorState {
    return this.#state;
  }

  /** It has been complete once. */
  get listed(): boolean {
    return this.#listed;
  }

  /** Resolves when `signal` aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#step(signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(toKubeError(error), signal);
      }
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    this.#path ??= await this.#options.locate();
    if (this.#path === null) return this.#waitForKind(signal);
    this.#absentSinceMs = null;
    if (this.#version !== null) return this.#watch(this.#path, this.#version, signal);
    if (this.#options.streaming.supported && this.#brokenStreams < 2) return this.#stream(this.#path, signal);
    await this.#list(this.#path, signal);
  }

  async #waitForKind(signal: AbortSignal): Promise<void> {
    const nowMs = performance.now();
    this.#absentSinceMs ??= nowMs;
    if (nowMs - this.#absentSinceMs >= this.#timing.absentGraceMs) {
      this.#version = null;
      this.#replace(new Map());
    }
    this.#setState({ is: 'absent' });
    await pause(this.#timing.absentPollMs * (0.9 + this.#options.random() / 5), signal);
  }

  async #list(path: string, signal: AbortSignal): Promise<void> {
    const { api, fieldSelector, labelSelector } = this.#options;
    const { pageSize } = this.#timing;
    const found = new Map<string, T>();
    const version = await listPages(
      api,
      path,
      { fieldSelector, labelSelector, pageSize, signal },
      (item) => this.#keep(found, toRawObject(item)),
      () => found.clear(),
    );
    this.#complete(found, version);
  }

  /** A list and the watch behind it in one answer: the server needs no memory for it, and we see object by object. */
  async #stream(path: string, signal: AbortSignal): Promise<void> {
    const found = new Map<string, T>();
    const seconds = Math.min(maxStreamSeconds, this.#watchSeconds() * 2 ** this.#backoff.failures);
    const query = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', timeoutSeconds: seconds };
    let complete = false;
    const dog = new Watchdog(signal);
    dog.expect(this.#timing.silenceMs);
    try {
      await this.#follow(path, query, dog, (event) => {
        if (complete) return this.#apply(event);
        dog.expect(this.#timing.silenceMs);
        complete = this.#collect(found, event);
        if (complete) dog.expect(this.#watchSeconds() * 1_000 + this.#timing.graceMs);
      });
      // Its time was over, ours or the server's: what is complete goes on as a watch.
      if (complete || signal.aborted) return;
      this.#brokenStreams++;
      throw new KubeApiError(0, 'Unreachable', 'the list ended before it was complete');
    } catch (error) {
      if (!complete && error instanceof KubeApiError && isNotUnderstood(error)) {
        this.#options.streaming.supported = false;
        return;
      }
      throw error;
    } finally {
      dog.end();
    }
  }

  /** One line of a list that is sent as a watch. True when it was the last. */
  #collect(found: Map<string, T>, { type, object }: WatchEvent): boolean {
    if (type === 'ERROR') throw statusToError(object as KubeStatus);
    if (type === 'BOOKMARK') {
      const { annotations, resourceVersion } = (object as RawObject).metadata;
      if (annotations?.['k8s.io/initial-events-end'] !== 'true') return false;
      this.#brokenStreams = 0;
      this.#complete(found, resourceVersion);
      return true;
    }
    const raw = toRawObject(object);
    if (type === 'DELETED') found.delete(objectKey(raw));
    else this.#keep(found, raw);
    return false;
  }

  async #watch(path: string, version: string, signal: AbortSignal): Promise<void> {
    const seconds = this.#watchSeconds();
    const dog = new Watchdog(signal);
    dog.expect(seconds * 1_000 + this.#timing.graceMs);
    const startMs = performance.now();
    try {
      await this.#follow(path, { resourceVersion: version, timeoutSeconds: seconds }, dog, (event) =>
        this.#apply(event),
      );
    } finally {
      dog.end();
      if (performance.now() - startMs >= provenMs) this.#backoff.reset();
    }
    if (signal.aborted) return;
    if (dog.barked)
      throw new KubeApiError(0, 'Unreachable', 'the watch was silent past its end: its connection is dead');
    if (this.#version === version && performance.now() - startMs < Math.min(shortWatchMs, seconds * 500)) {
      throw new KubeApiError(0, 'Unreachable', 'the watch was ended at once');
    }
  }

  async #follow(path: string, query: Query, dog: Watchdog, onEvent: (event: WatchEvent) => void): Promise<void> {
    const { api, fieldSelector, labelSelector } = this.#options;
    const all = { allowWatchBookmarks: true, fieldSelector, labelSelector, ...query };
    await api.watch(path, all, onEvent, dog.signal, () => {
      if (this.#version !== null) this.#setState({ is: 'live' });
    });
  }

  /** One line of a watch. */
  #apply({ type, object }: WatchEvent): void {
    if (type === 'ERROR') throw statusToError(object as KubeStatus);
    if (type === 'BOOKMARK') this.#applyBookmark((object as RawObject).metadata.resourceVersion);
    else this.#applyChange(type, toRawObject(object));
  }

  #applyChange(type: string, raw: RawObject): void {
    const key = objectKey(raw);
    const before = this.#objects.get(key);
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#keep(this.#objects, raw);
    this.#version = raw.metadata.resourceVersion;
    this.#backoff.reset();
    const after = this.#objects.get(key);
    if (before !== after) this.#options.onChange(key, before, after);
  }

  /** A server whose versions run backwards was restored from a backup: what it holds now is another history. */
  #applyBookmark(version: string): void {
    if (Number(version) < Number(this.#version)) {
      throw new KubeApiError(
        410,
        'Expired',
        `the server's resourceVersion went back from ${this.#version} to ${version}`,
      );
    }
    this.#version = version;
  }

  #keep(into: Map<string, T>, raw: RawObject): void {
    const key = objectKey(raw);
    const before = into.get(key) ?? this.#objects.get(key);
    const same = before !== undefined && before.resourceVersion === raw.metadata.resourceVersion;
    into.set(key, same ? before : this.#options.read(raw, before));
  }

  #complete(found: Map<string, T>, version: string): void {
    this.#version = version;
    this.#listed = true;
    this.#replace(found);
    this.#setState({ is: 'live' });
  }

  #replace(found: Map<string, T>): void {
    const before = this.#objects;
    this.#objects = found;
    for (const [key, object] of before) if (!found.has(key)) this.#options.onChange(key, object, undefined);
    for (const [key, object] of found) {
      const old = before.get(key);
      if (old !== object) this.#options.onChange(key, old, object);
    }
  }

  async #recover(error: KubeApiError, signal: AbortSignal): Promise<void> {
    this.#setState({ is: 'failing', error });
    // 400: it makes nothing of our resourceVersion. 504: it has not come as far as that in time, maybe never will.
    const lost = error.isExpired || error.status === 400 || (error.status === 504 && this.#backoff.failures >= 3);
    if (lost) this.#version = null;
    if (error.status === 404) this.#path = null;
    await pause(this.#backoff.nextMs(error), signal);
  }

  #setState(state: ReflectorState): void {
    if (state.is === this.#state.is && state.is !== 'failing') return;
    this.#state = state;
    this.#options.onState(state);
  }

  #watchSeconds(): number {
    return Math.max(1, Math.round(this.#timing.watchSeconds * (0.8 + this.#options.random() * 0.4)));
  }
}

/** Older servers refuse `sendInitialEvents`: 422 by validation, 400 where the parameter can't be read. */
function isNotUnderstood({ status }: KubeApiError): boolean {
  return status === 422 || status === 400;
}

function toKubeError(error: unknown): KubeApiError {
  return error instanceof KubeApiError ? error : new KubeApiError(0, 'BadResponse', describeError(error), null, error);
}
