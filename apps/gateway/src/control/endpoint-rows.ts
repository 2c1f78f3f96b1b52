import type { EndpointSet } from '@fairlead/routing';
import type { AssignedEndpoint, AssignedEndpointSet } from '../protocol.ts';
import type { SlotTable } from './slot-table.ts';

/**
 * Gives every endpoint its row in the shared statistics. A row belongs to an address:port, not to a backend: what was learned of an endpoint
 * holds for every Service it stands behind, and stays while any of them has it.
 */
export class EndpointRows {
  readonly #rows: SlotTable;
  readonly #onFull: (endpoint: string) => void;
  readonly #sets = new Map<string, AssignedEndpointSet>();
  /** Backends that hold an endpoint. */
  readonly #holders = new Map<string, number>();

  constructor(rows: SlotTable, onFull: (endpoint: string) => void) {
    this.#rows = rows;
    this.#onFull = onFull;
  }

  /** All sets as workers know them, by backend. */
  get sets(): ReadonlyMap<string, AssignedEndpointSet> {
    return this.#sets;
  }

  /** `version`: of the update that carries the result to the workers. */
  assign(set: EndpointSet, version: number): AssignedEndpointSet {
    const endpoints: AssignedEndpoint[] = [];
    for (const endpoint of set.endpoints) {
      const key = endpointKey(endpoint);
      const row = this.#rows.acquire(key);
      if (row === null) this.#onFull(key);
      else endpoints.push({ ...endpoint, row });
    }
    for (const endpoint of endpoints) this.#hold(endpointKey(endpoint));
    this.#letGo(set.backend, version);
    const assigned = { backend: set.backend, endpoints };
    this.#sets.set(set.backend, assigned);
    return assigned;
  }

  remove(backend: string, version: number): void {
    this.#letGo(backend, version);
    this.#sets.delete(backend);
  }

  #hold(key: string): void {
    this.#holders.set(key, (this.#holders.get(key) ?? 0) + 1);
  }

  #letGo(backend: string, version: number): void {
    for (const endpoint of this.#sets.get(backend)?.endpoints ?? []) {
      const key = endpointKey(endpoint);
      const left = this.#holders.get(key)! - 1;
      if (left > 0) {
        this.#holders.set(key, left);
        continue;
      }
      this.#holders.delete(key);
      this.#rows.release(key, version);
    }
  }
}

/** `address:port`, with IPv6 in brackets. */
export function endpointKey({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
