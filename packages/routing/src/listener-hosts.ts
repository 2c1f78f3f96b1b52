import { HostIndex } from './host-index.ts';
import { isWildcard } from './hostnames.ts';
import type { Match } from './match.ts';
import type { MatchSearch } from './match-search.ts';
import type { HostTable } from './table.ts';

/** The host tables of one listener, by how specific their hostname is. A host without a match leads on to the next less specific one. */
export class ListenerHosts {
  readonly #exact: Map<string, HostIndex> = new Map();
  /** By what follows the `*`, with its dot. */
  readonly #wildcards: Map<string, HostIndex> = new Map();
  #any: HostIndex | null = null;

  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#wildcards.size === 0 && this.#any === null;
  }

  get(hostname: string): HostIndex | undefined {
    if (hostname === '') return this.#any ?? undefined;
    return isWildcard(hostname) ? this.#wildcards.get(hostname.slice(1)) : this.#exact.get(hostname);
  }

  set(host: HostTable): void {
    const { hostname } = host;
    const index = new HostIndex(host);
    if (hostname === '') this.#any = index;
    else if (isWildcard(hostname)) this.#wildcards.set(hostname.slice(1), index);
    else this.#exact.set(hostname, index);
  }

  delete(hostname: string): void {
    if (hostname === '') this.#any = null;
    else if (isWildcard(hostname)) this.#wildcards.delete(hostname.slice(1));
    else this.#exact.delete(hostname);
  }

  /** `search` has begun. */
  find(host: string, search: MatchSearch): Match | null {
    const exact = this.#exact.get(host);
    const match = exact === undefined ? null : search.find(exact);
    if (match !== null) return match.match;
    if (this.#wildcards.size > 0) {
      const wildcard = this.#findWildcard(host, search);
      if (wildcard !== null) return wildcard;
    }
    return this.#any === null ? null : (search.find(this.#any)?.match ?? null);
  }

  /** The longest suffix first; a wildcard stands for at least one label. */
  #findWildcard(host: string, search: MatchSearch): Match | null {
    for (let dot = host.indexOf('.', 1); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const index = this.#wildcards.get(host.slice(dot));
      const match = index === undefined ? null : search.find(index);
      if (match !== null) return match.match;
    }
    return null;
  }
}
