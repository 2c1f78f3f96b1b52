import { isDeepStrictEqual } from 'node:util';

/** A resource of the fake: `apis/gateway.networking.k8s.io/v1/httproutes`, whatever the version. */
export interface FakeResource {
  readonly kind: string;
  readonly group: string;
  readonly versions: readonly string[];
  readonly plural: string;
  readonly namespaced: boolean;
}

export interface FakeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface FakeChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly key: string;
  readonly object: FakeObject;
}

/** The objects of one resource as etcd would have them: every change has a version, and old ones can be forgotten. */
export class FakeCollection {
  readonly resource: FakeResource;
  readonly #nextVersion: () => number;
  readonly #objects = new Map<string, FakeObject>();
  readonly #listeners = new Set<(change: FakeChange) => void>();
  #changes: FakeChange[] = [];
  #floor = 0;

  constructor(resource: FakeResource, nextVersion: () => number) {
    this.resource = resource;
    this.#nextVersion = nextVersion;
  }

  /** By `namespace/name`, in the order of their names as etcd lists them. */
  get objects(): ReadonlyMap<string, FakeObject> {
    return new Map([...this.#objects].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  get(key: string): FakeObject | undefined {
    return this.#objects.get(key);
  }

  /** Writes an object whole. uid, generation, creation time and version are the server's. */
  put(object: FakeObject): FakeObject {
    const key = keyOf(object);
    const before = this.#objects.get(key);
    const version = this.#nextVersion();
    const head = { apiVersion: this.#apiVersion(), kind: this.resource.kind };
    const changed = before === undefined || !isDeepStrictEqual(specOf({ ...head, ...object }), specOf(before));
    const stored: FakeObject = {
      ...head,
      ...object,
      metadata: {
        ...object.metadata,
        uid: before?.metadata.uid ?? object.metadata.uid ?? `uid-${version}`,
        resourceVersion: String(version),
        generation: (before?.metadata.generation ?? 0) + (changed ? 1 : 0),
        creationTimestamp: before?.metadata.creationTimestamp ?? '2026-01-01T00:00:00Z',
        managedFields: [{ manager: 'fake', operation: 'Update', fieldsV1: { 'f:spec': {} } }],
      },
    };
    this.#objects.set(key, stored);
    this.#note({ type: before === undefined ? 'ADDED' : 'MODIFIED', version, key, object: stored });
    return stored;
  }

  delete(key: string): boolean {
    const before = this.#objects.get(key);
    if (before === undefined) return false;
    this.#objects.delete(key);
    const version = this.#nextVersion();
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
    this.#note({ type: 'DELETED', version, key, object });
    return true;
  }

  /** Forgets what happened until `version`: whoever stopped before gets 410. */
  compact(version: number): void {
    this.#floor = version;
    this.#changes = this.#changes.filter((change) => change.version > version);
  }

  /** Null: too long ago. */
  changesSince(version: number): readonly FakeChange[] | null {
    return version < this.#floor ? null : this.#changes.filter((change) => change.version > version);
  }

  listen(listener: (change: FakeChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #note(change: FakeChange): void {
    this.#changes.push(change);
    for (const listener of this.#listeners) listener(change);
  }

  #apiVersion(): string {
    const { group, versions } = this.resource;
    return group === '' ? versions[0]! : `${group}/${versions[0]}`;
  }
}

function keyOf({ metadata }: FakeObject): string {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** What counts for the generation. */
function specOf({ status: _, metadata: __, ...spec }: FakeObject): object {
  return spec;
}
