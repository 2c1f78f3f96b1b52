import { isDeepStrictEqual } from 'node:util';
import type { EndpointSlice, Service } from '@fairlead/resources';
import { type Backend, collectEndpoints, type EndpointSet } from '@fairlead/routing';

export interface EndpointIndexOptions {
  /** See `EndpointOptions`. */
  readonly allowLoopback: boolean;
  /** An endpoint was left out because of its address. */
  readonly onRefused?: (backend: string, address: string) => void;
}

export interface EndpointChanges {
  /** Sets that are new or say something else than before. */
  readonly changed: readonly EndpointSet[];
  /** Backends that are gone. */
  readonly removed: readonly string[];
}

/** The endpoint sets of a table's backends. Looks only at backends whose Service or slices changed; inputs are compared by identity. */
export class EndpointIndex {
  readonly #options: EndpointIndexOptions;
  #slices: ReadonlyMap<string, EndpointSlice> = new Map();
  /** By `namespace/service`. A group none of whose slices changed keeps its identity. */
  #groups: ReadonlyMap<string, readonly EndpointSlice[]> = new Map();
  readonly #nodes = new Map<string, Node>();

  constructor(options: EndpointIndexOptions) {
    this.#options = options;
  }

  update(
    backends: ReadonlyMap<string, Backend>,
    services: ReadonlyMap<string, Service>,
    slices: ReadonlyMap<string, EndpointSlice>,
  ): EndpointChanges {
    if (slices !== this.#slices) this.#groups = groupByService(slices, this.#groups);
    this.#slices = slices;
    const changed: EndpointSet[] = [];
    for (const [id, backend] of backends) {
      const set = this.#refresh(id, backend, services);
      if (set !== null) changed.push(set);
    }
    const removed = [...this.#nodes.keys()].filter((id) => !backends.has(id));
    for (const id of removed) this.#nodes.delete(id);
    return { changed, removed };
  }

  /** Null when the set stays as it is. */
  #refresh(id: string, backend: Backend, services: ReadonlyMap<string, Service>): EndpointSet | null {
    const key = `${backend.service.namespace}/${backend.service.name}`;
    const service = services.get(key);
    const slices = this.#groups.get(key) ?? none;
    const before = this.#nodes.get(id);
    const samePort = before?.port === backend.port;
    if (before !== undefined && samePort && before.service === service && before.slices === slices) return null;
    const set = service === undefined ? { backend: id, endpoints: [] } : this.#collect(backend, service, slices);
    const same = before !== undefined && isDeepStrictEqual(before.set, set);
    this.#nodes.set(id, { port: backend.port, service, slices, set: same ? before.set : set });
    return same ? null : set;
  }

  #collect(backend: Backend, service: Service, slices: readonly EndpointSlice[]): EndpointSet {
    const { allowLoopback, onRefused } = this.#options;
    return collectEndpoints(backend, service, slices, {
      allowLoopback,
      onRefused: (address) => onRefused?.(backend.id, address),
    });
  }
}

/** What a set was made from. */
interface Node {
  readonly port: number;
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
  readonly set: EndpointSet;
}

const none: readonly EndpointSlice[] = [];

/** In the order of the slices' names, so that a set does not depend on the order in which they were learned. */
function groupByService(
  slices: ReadonlyMap<string, EndpointSlice>,
  before: ReadonlyMap<string, readonly EndpointSlice[]>,
): ReadonlyMap<string, readonly EndpointSlice[]> {
  const groups = new Map<string, EndpointSlice[]>();
  for (const slice of slices.values()) {
    const service = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (service === undefined) continue;
    const key = `${slice.metadata.namespace ?? ''}/${service}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [slice]);
    else group.push(slice);
  }
  return new Map([...groups].map(([key, group]) => [key, keepGroup(before.get(key), group.sort(byName))]));
}

function keepGroup(
  before: readonly EndpointSlice[] | undefined,
  now: readonly EndpointSlice[],
): readonly EndpointSlice[] {
  const same = before?.length === now.length && now.every((slice, i) => slice === before[i]);
  return same ? before : now;
}

function byName(a: EndpointSlice, b: EndpointSlice): number {
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}
