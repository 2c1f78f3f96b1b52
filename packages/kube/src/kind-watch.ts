import type { Discovery } from './discovery.ts';
import { collectionPath, type KindResource } from './kind-resource.ts';
import type { KubeApi } from './kube-api.ts';
import { Reflector, type ReflectorState, type ReflectorTiming, type StreamingSupport } from './reflector.ts';
import { objectReader, type ReadObject, type StoredObject } from './stored-object.ts';

/** What all watches of a store share. */
export interface WatchContext {
  readonly api: KubeApi;
  readonly discovery: Discovery;
  readonly streaming: StreamingSupport;
  readonly random: () => number;
  readonly timing: Partial<ReflectorTiming>;
}

export interface WatchEvents {
  readonly onChange: (key: string, before: StoredObject | undefined, after: StoredObject | undefined) => void;
  readonly onState: (state: ReflectorState) => void;
}

/** One object of a namespace, for a watch of nothing else. */
export interface SingleObject {
  readonly namespace: string;
  readonly name: string;
}

/** Follows the objects of a kind, all or a single one, at the version that the cluster serves. */
export class KindWatch {
  readonly resource: KindResource;
  readonly #reflector: Reflector<StoredObject>;
  readonly #discovery: Discovery;
  readonly #namespace: string | null;
  #version: string | null = null;
  #read: ReadObject;

  constructor(resource: KindResource, only: SingleObject | null, context: WatchContext, events: WatchEvents) {
    this.resource = resource;
    this.#discovery = context.discovery;
    this.#namespace = only?.namespace ?? null;
    this.#read = objectReader(resource, resource.versions[0]!);
    this.#reflector = new Reflector<StoredObject>({
      ...context,
      ...events,
      ...(only === null ? {} : { fieldSelector: `metadata.name=${only.name}` }),
      locate: () => this.#locate(),
      read: (raw, before) => this.#read(raw, before),
    });
  }

  /** Resolves when `signal` aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#reflector.run(signal);
  }

  /** By `namespace/name`. Changes in place. */
  get objects(): ReadonlyMap<string, StoredObject> {
    return this.#reflector.objects;
  }

  get state(): ReflectorState {
    return this.#reflector.state;
  }

  /** That the server was last asked for; null before. */
  get version(): string | null {
    return this.#version;
  }

  /** What the server has is known, or it is known that it will not be told. */
  get answered(): boolean {
    const { state, listed } = this.#reflector;
    return listed || state.is === 'absent' || (state.is === 'failing' && isRefusal(state.error.status));
  }

  get listed(): boolean {
    return this.#reflector.listed;
  }

  async #locate(): Promise<string | null> {
    const version = await this.#discovery.versionOf(this.resource);
    if (version === null) return null;
    if (version !== this.#version) this.#read = objectReader(this.resource, version);
    this.#version = version;
    return collectionPath(this.resource, version, this.#namespace);
  }
}

/** No rights, or no such thing: waiting will not help, somebody has to do something. */
function isRefusal(status: number): boolean {
  return status === 401 || status === 403 || status === 404;
}
