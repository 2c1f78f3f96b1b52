import {
  type ClusterState,
  type EndpointSlice,
  emptyClusterState,
  type KnownKind,
  type KubeObject,
} from '@fairlead/resources';
import { Discovery } from './discovery.ts';
import { type KindResource, kindResource, type StoreTable, tableOf, watchedResources } from './kind-resource.ts';
import { KindWatch, type WatchContext } from './kind-watch.ts';
import type { KubeApi } from './kube-api.ts';
import type { KubeLog } from './log.ts';
import { ReferencedObjects } from './referenced-objects.ts';
import { collectReferences } from './references.ts';
import type { ReflectorTiming } from './reflector.ts';
import type { StoreProblem } from './store-problem.ts';
import type { StoredObject } from './stored-object.ts';
import { WatchHealth } from './watch-health.ts';

export interface ClusterStoreOptions {
  readonly api: KubeApi;
  /** GatewayClasses with this `spec.controllerName` are ours: what their Gateways name is read. */
  readonly controllerName: string;
  readonly log: KubeLog;
  readonly onChange: (what: StoreChange) => void;
  /** 0 … 1 */
  readonly random?: () => number;
  /** Other than the defaults, for tests. */
  readonly timing?: Partial<ReflectorTiming>;
}

/**
 * - `objects`: something that a compile reads; also when all that is referenced has been looked up
 * - `slices`: endpoints
 * - `observed`: a status, written by us or by others
 * - `problems`
 */
export type StoreChange = 'objects' | 'slices' | 'observed' | 'problems';

export interface StoreSnapshot {
  readonly state: ClusterState;
  /** By `namespace/name`. */
  readonly slices: ReadonlyMap<string, EndpointSlice>;
}

type Tables = { [Table in StoreTable]: ReadonlyMap<string, KubeObject> };

/** Everything the gateway reads of a cluster, kept up to date: a watch per kind, and one for each Secret and ConfigMap that is named. */
export class ClusterStore {
  readonly #options: ClusterStoreOptions;
  readonly #watches: ReadonlyMap<KnownKind, KindWatch>;
  readonly #secrets: ReferencedObjects;
  readonly #configMaps: ReferencedObjects;
  readonly #health: WatchHealth;
  /** Objects that can't be used as they are, by kind and key. */
  readonly #bad = new Map<string, readonly StoreProblem[]>();
  readonly #dirty = new Set<StoreTable>();
  #signal: AbortSignal = AbortSignal.abort();
  #snapshot: StoreSnapshot = { state: emptyClusterState, slices: new Map() };
  #problems: readonly StoreProblem[] | null = [];

  constructor(options: ClusterStoreOptions) {
    const { api, log, random = Math.random, timing = {} } = options;
    this.#options = options;
    this.#health = new WatchHealth(log);
    const freshMs = Math.min(maxFreshMs, (timing.absentPollMs ?? maxFreshMs) / 3);
    const context = { api, discovery: new Discovery(api, freshMs), streaming: { supported: true }, random, timing };
    this.#watches = new Map(watchedResources.map((resource) => [resource.kind, this.#watchKind(resource, context)]));
    this.#secrets = this.#watchReferenced(kindResource('Secret'), context);
    this.#configMaps = this.#watchReferenced(kindResource('ConfigMap'), context);
  }

  /** Follows the cluster until `signal` aborts. */
  start(signal: AbortSignal): void {
    this.#signal = signal;
    for (const watch of this.#watches.values()) void watch.run(signal);
  }

  /** Kinds that must be known before anything can be served, and are not yet. */
  get missing(): readonly string[] {
    return [...this.#watches.values()]
      .filter(({ resource, answered, listed }) => (resource.optional ? !answered : !listed))
      .map(({ resource }) => resource.kind);
  }

  /** All that is named by what the last `refresh` saw was looked up. Until then it would look as if it did not exist. */
  get settled(): boolean {
    return this.#secrets.answered && this.#configMaps.answered;
  }

  get problems(): readonly StoreProblem[] {
    this.#problems ??= [...this.#health.problems, ...[...this.#bad.values()].flat()];
    return this.#problems;
  }

  /**
   * What is known now; what did not change keeps its identity, down to single objects. Begins to follow Secrets and ConfigMaps that are named
   * for the first time.
   */
  refresh(): StoreSnapshot {
    this.#take();
    const { secrets, configMaps } = collectReferences(this.#snapshot.state, this.#options.controllerName);
    this.#secrets.follow(secrets, this.#signal);
    this.#configMaps.follow(configMaps, this.#signal);
    this.#take();
    return this.#snapshot;
  }

  /** Every object of a watched kind with the status the server has for it, by `namespace/name`. Changes in place. */
  observed(kind: KnownKind): ReadonlyMap<string, StoredObject> {
    return this.#watches.get(kind)?.objects ?? noObjects;
  }

  /** The API version at which a watched kind is read; null while it is not served. */
  versionOf(kind: KnownKind): string | null {
    return this.#watches.get(kind)?.version ?? null;
  }

  #take(): void {
    const before: Tables = { ...this.#snapshot.state, slices: this.#snapshot.slices };
    const next = { ...before };
    for (const table of this.#dirty) next[table] = keepMap(before[table], this.#collect(table));
    const changed = [...this.#dirty].filter((table) => next[table] !== before[table]);
    this.#dirty.clear();
    if (changed.length === 0) return;
    const { slices, ...state } = next;
    // The reader of each kind vouches for the types.
    this.#snapshot = {
      state: changed.some((table) => table !== 'slices') ? (state as ClusterState) : this.#snapshot.state,
      slices: slices as StoreSnapshot['slices'],
    };
  }

  #collect(table: StoreTable): ReadonlyMap<string, KubeObject> {
    if (table === 'secrets') return this.#secrets.collect();
    if (table === 'configMaps') return this.#configMaps.collect();
    const found = new Map<string, KubeObject>();
    for (const { resource, objects } of this.#watches.values()) {
      if (tableOf(resource.kind) !== table) continue;
      for (const [key, { object }] of objects) if (object !== null) found.set(key, object);
    }
    return found;
  }

  #watchKind(resource: KindResource, context: WatchContext): KindWatch {
    const watch: KindWatch = new KindWatch(resource, null, context, {
      onChange: (key, before, after) => this.#noteChange(resource.kind, key, before, after),
      onState: (state) => {
        this.#health.note(resource, '', state);
        this.#noteProblems();
        // An empty list changes no object, but something may have waited for it.
        this.#options.onChange(tableOf(resource.kind) === 'slices' ? 'slices' : 'objects');
      },
    });
    return watch;
  }

  #watchReferenced(resource: KindResource, context: WatchContext): ReferencedObjects {
    return new ReferencedObjects(resource, context, {
      onChange: (key, before, after) => this.#noteChange(resource.kind, key, before, after),
      onState: (key, state) => {
        this.#health.note(resource, key, state);
        this.#noteProblems();
        this.#dirty.add(tableOf(resource.kind));
        this.#options.onChange('objects');
      },
    });
  }

  #noteChange(kind: KnownKind, key: string, before: StoredObject | undefined, after: StoredObject | undefined): void {
    this.#noteBad(kind, key, after);
    const table = tableOf(kind);
    if (before?.object === after?.object) {
      if (after?.status !== before?.status) this.#options.onChange('observed');
      return;
    }
    this.#dirty.add(table);
    this.#options.onChange(table === 'slices' ? 'slices' : 'objects');
  }

  #noteBad(kind: KnownKind, key: string, after: StoredObject | undefined): void {
    const id = `${kind} ${key}`;
    const problems = after?.problems ?? [];
    if (problems.length === 0 && !this.#bad.has(id)) return;
    const suffix = after?.object ? '; its last good version stays in use' : '; it is not used';
    if (problems.length === 0) this.#bad.delete(id);
    else
      this.#bad.set(
        id,
        problems.map((one) => ({ ...one, kind, key, message: one.message + suffix })),
      );
    this.#noteProblems();
  }

  #noteProblems(): void {
    this.#problems = null;
    this.#options.onChange('problems');
  }
}

/** Kinds that are looked for at about the same time share the answer. */
const maxFreshMs = 3_000;

const noObjects: ReadonlyMap<string, StoredObject> = new Map();

function keepMap<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  if (before.size !== after.size) return after;
  for (const [key, value] of after) if (before.get(key) !== value) return after;
  return before;
}
