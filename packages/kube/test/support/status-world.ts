import { emptyStatuses, type KnownKind, type Statuses } from '@fairlead/resources';
import { collectionPath, kindResource } from '../../src/kind-resource.ts';
import { KubeApiError } from '../../src/kube-error.ts';
import { StatusWriter, type StatusWriterOptions } from '../../src/status-writer.ts';
import type { StoredObject } from '../../src/stored-object.ts';
import { controllerName } from './objects.ts';
import { VirtualClock } from './virtual-clock.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface WorldWrite {
  readonly atMs: number;
  readonly path: string;
  readonly status: Fields;
}

/** A server's objects with their statuses, a store that learns of changes a little later, and as many writers as a test wants. */
export class StatusWorld {
  readonly clock: VirtualClock = new VirtualClock();
  readonly writes: WorldWrite[] = [];
  readonly said: string[] = [];
  /** Asked for each write; an error is thrown instead of doing it. */
  fault: (path: string) => KubeApiError | null = () => null;
  /** Of a call, each way. */
  delayMs = 10;
  /** Until the store has what the server has. */
  watchMs = 20;
  /** Until this the store learns of nothing. */
  watchStopsUntilMs = 0;
  readonly #server = new Map<string, StoredObject>();
  readonly #places = new Map<string, Place>();
  readonly #stored = new Map<KnownKind, Map<string, StoredObject>>();
  readonly #writers: StatusWriter[] = [];
  readonly #stop = new AbortController();
  #version = 100;

  /** A new object, or a new generation of one that is there; the store has it, as whatever is compiled. */
  put(kind: KnownKind, key: string, status?: object): void {
    const before = this.#server.get(`${kind} ${key}`);
    const object = {
      resourceVersion: String(++this.#version),
      uid: before?.uid ?? `uid-${this.#version}`,
      generation: (before?.generation ?? 0) + 1,
      object: null,
      status: status ?? before?.status,
      problems: [],
    };
    this.#places.set(pathOf(kind, key), { kind, key });
    this.#server.set(`${kind} ${key}`, object);
    this.#learn(kind, key, object);
  }

  /** As another controller writes. */
  edit(kind: KnownKind, key: string, change: (status: Fields) => Fields): void {
    const before = this.#server.get(`${kind} ${key}`)!;
    const status = change((before.status ?? {}) as Fields);
    this.#store(kind, key, { ...before, status, resourceVersion: String(++this.#version) });
  }

  /** As the server has it. */
  status(kind: KnownKind, key: string): Fields {
    return (this.#server.get(`${kind} ${key}`)?.status ?? {}) as Fields;
  }

  writesOf(part: string): readonly WorldWrite[] {
    return this.writes.filter(({ path }) => path.includes(part));
  }

  join(isLeader: () => boolean = () => true, timing: StatusWriterOptions['timing'] = {}): StatusWriter {
    const say = (_: object, message: string): void => void this.said.push(message);
    const writer = new StatusWriter({
      api: this.#api() as StatusWriterOptions['api'],
      store: { observed: (kind) => this.#storedOf(kind), versionOf: () => 'v1' },
      controllerName,
      isLeader,
      log: { info: say, warn: say, error: say },
      clock: this.clock,
      wallClock: () => new Date(Date.UTC(2026, 0, 1) + this.clock.nowMs()),
      random: () => 0.5,
      timing,
    });
    this.#writers.push(writer);
    void writer.run(this.#stop.signal);
    return writer;
  }

  stop(): void {
    this.#stop.abort();
  }

  #storedOf(kind: KnownKind): Map<string, StoredObject> {
    let objects = this.#stored.get(kind);
    if (objects === undefined) {
      objects = new Map();
      this.#stored.set(kind, objects);
    }
    return objects;
  }

  #store(kind: KnownKind, key: string, object: StoredObject): void {
    this.#server.set(`${kind} ${key}`, object);
    const learnMs = Math.max(this.watchMs, this.watchStopsUntilMs - this.clock.nowMs());
    void this.clock.sleep(learnMs).then(() => this.#learn(kind, key, object));
  }

  /** A watch never goes back. */
  #learn(kind: KnownKind, key: string, object: StoredObject): void {
    const before = this.#storedOf(kind).get(key);
    if (before !== undefined && Number(before.resourceVersion) > Number(object.resourceVersion)) return;
    this.#storedOf(kind).set(key, object);
    for (const writer of this.#writers) writer.noteObserved();
  }

  #api(): { get: (path: string) => Promise<object>; mergePatch: (path: string, body: object) => Promise<object> } {
    return {
      get: async (path) => {
        await this.clock.sleep(this.delayMs);
        return toRaw(this.#find(path).object);
      },
      mergePatch: async (path, body) => {
        await this.clock.sleep(this.delayMs);
        const fault = this.fault(path);
        if (fault !== null) throw fault;
        const answer = this.#patch(path, body as PatchBody);
        await this.clock.sleep(this.delayMs);
        return answer;
      },
    };
  }

  #patch(path: string, { metadata, status }: PatchBody): object {
    const { kind, key, object } = this.#find(path);
    if (metadata.resourceVersion !== object.resourceVersion) throw new KubeApiError(409, 'Conflict', 'was modified');
    this.writes.push({ atMs: this.clock.nowMs(), path, status });
    const next = { ...(object.status as Fields | undefined), ...status };
    if (JSON.stringify(next) === JSON.stringify(object.status)) return toRaw(object);
    const written = { ...object, status: next, resourceVersion: String(++this.#version) };
    this.#store(kind, key, written);
    return toRaw(written);
  }

  #find(path: string): Found {
    const place = this.#places.get(path);
    if (place === undefined) throw new KubeApiError(404, 'NotFound', `${path} not found`);
    return { ...place, object: this.#server.get(`${place.kind} ${place.key}`)! };
  }
}

interface Place {
  readonly kind: KnownKind;
  readonly key: string;
}

interface Found extends Place {
  readonly object: StoredObject;
}

function pathOf(kind: KnownKind, key: string): string {
  const [namespace, name] = key.split('/');
  return `${collectionPath(kindResource(kind), 'v1', namespace!)}/${name}`;
}

interface PatchBody {
  readonly metadata: { readonly resourceVersion: string };
  readonly status: Fields;
}

function toRaw({ resourceVersion, uid, generation, status }: StoredObject): object {
  return { metadata: { name: 'any', resourceVersion, uid, generation }, status };
}

export function wanted(some: Partial<Statuses>): Statuses {
  return { ...emptyStatuses, ...some };
}
