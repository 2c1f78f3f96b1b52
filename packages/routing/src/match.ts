import type { Field } from '@fairlead/message';
import type { TableDiff } from './diff.ts';
import { ListenerHosts } from './listener-hosts.ts';
import { MatchSearch } from './match-search.ts';
import type { HostTable, MatchEntry } from './table.ts';

/** What matching reads of a request. `path` is normalised, without query; `query` without `?`, '' if absent. */
export interface RequestView {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly fields: readonly Field[];
}

/** A match: the entry, and the host table it stands in. `entry.rule` names the rule, `entry.path` feeds prefix replacement. */
export interface Match {
  readonly host: HostName;
  readonly entry: MatchEntry;
}

/** A host table without its entries: they change under it. */
export type HostName = Pick<HostTable, 'key' | 'listener' | 'hostname'>;

/**
 * The compiled matcher of a worker: all listeners and hosts, updated in place by diffs.
 * Cost of `match` does not depend on the number of routes.
 */
export interface Matcher {
  apply(diff: TableDiff): void;
  /** Host without port, lower case. Null when nothing matches. Allocates nothing on the common path. */
  match(listenerId: string, host: string, request: RequestView): Match | null;
}

export function createMatcher(): Matcher {
  return new CompiledMatcher();
}

class CompiledMatcher implements Matcher {
  readonly #listeners: Map<string, ListenerHosts> = new Map();
  readonly #search: MatchSearch = new MatchSearch();

  apply({ hosts }: TableDiff): void {
    for (const key of hosts.remove) this.#remove(key);
    for (const [, host] of hosts.set) this.#hostsOf(host.listener).set(host);
    for (const { key, start, deleteCount, insert } of hosts.splices) {
      const [listener, hostname] = splitKey(key);
      const index = this.#listeners.get(listener)?.get(hostname);
      if (index === undefined) throw new Error(`host table ${key} is to be changed but was never set`);
      index.splice(start, deleteCount, insert);
    }
  }

  match(listenerId: string, host: string, request: RequestView): Match | null {
    const hosts = this.#listeners.get(listenerId);
    if (hosts === undefined) return null;
    this.#search.begin(host, request);
    return hosts.find(host, this.#search);
  }

  #hostsOf(listener: string): ListenerHosts {
    let hosts = this.#listeners.get(listener);
    if (hosts === undefined) {
      hosts = new ListenerHosts();
      this.#listeners.set(listener, hosts);
    }
    return hosts;
  }

  #remove(key: string): void {
    const [listener, hostname] = splitKey(key);
    const hosts = this.#listeners.get(listener);
    if (hosts === undefined) return;
    hosts.delete(hostname);
    if (hosts.isEmpty) this.#listeners.delete(listener);
  }
}

/** Of `HostTable.key`. */
function splitKey(key: string): readonly [listener: string, hostname: string] {
  const space = key.indexOf(' ');
  return [key.slice(0, space), key.slice(space + 1)];
}
