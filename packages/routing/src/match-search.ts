import type { EntryList, KeyedEntries } from './entry-list.ts';
import { fieldValue } from './field-value.ts';
import type { HostIndex } from './host-index.ts';
import type { RequestView } from './match.ts';
import type { PrefixNode } from './prefix-index.ts';
import type { PreparedEntry } from './prepared-entry.ts';
import { QueryParams } from './query-params.ts';

const noRequest: RequestView = { method: '', path: '', query: '', fields: [] };

/**
 * The search for one request's entry. One object serves all requests of a matcher, one after the other, so that a search allocates nothing.
 *
 * Lists may overlap in order (a regular expression can stand before or behind a prefix), so the search keeps the best so far and leaves
 * each list as soon as its next entry could only lose. The usual list is left after one comparison of two numbers.
 */
export class MatchSearch {
  #host: string = '';
  #request: RequestView = noRequest;
  #best: PreparedEntry | null = null;
  #bestOrder: number = Number.POSITIVE_INFINITY;
  readonly #query: QueryParams = new QueryParams();
  /** Reused; only the first so many of each search count. */
  readonly #nodes: PrefixNode[] = [];

  /** Before the first `find` for a request. `host` as in `Matcher.match`. */
  begin(host: string, request: RequestView): void {
    this.#host = host;
    this.#request = request;
    this.#query.reset(request.query);
  }

  /** The first entry of the host table, in its order, all of whose conditions hold. */
  find(index: HostIndex): PreparedEntry | null {
    this.#best = null;
    this.#bestOrder = Number.POSITIVE_INFINITY;
    const { path } = this.#request;
    const exact = index.exact.get(path);
    if (exact !== undefined) this.#searchList(exact);
    for (let i = index.prefixes.collect(path, this.#nodes) - 1; i >= 0; i--) this.#searchList(this.#nodes[i]!.entries);
    return this.#best;
  }

  #searchList(list: EntryList): void {
    this.#searchEntries(list.plain);
    for (let i = 0; i < list.keyed.length; i++) {
      const keyed = list.keyed[i]!;
      const value = this.#valueOf(keyed);
      const entries = value === null ? undefined : keyed.byValue.get(value);
      if (entries !== undefined) this.#searchEntries(entries);
    }
  }

  #searchEntries(entries: readonly PreparedEntry[]): void {
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      if (entry.order >= this.#bestOrder) return;
      if (this.#holds(entry)) {
        this.#best = entry;
        this.#bestOrder = entry.order;
        return;
      }
    }
  }

  #holds(entry: PreparedEntry): boolean {
    if (entry.method !== '' && entry.method !== this.#request.method) return false;
    for (let i = 0; i < entry.headers.length; i++) {
      const condition = entry.headers[i]!;
      if (!condition.holds(this.#header(condition.name))) return false;
    }
    for (let i = 0; i < entry.query.length; i++) {
      const condition = entry.query[i]!;
      if (!condition.holds(this.#query.first(condition.name))) return false;
    }
    return entry.pathPattern === null || entry.pathPattern.matches(this.#request.path);
  }

  #valueOf({ source, name }: KeyedEntries): string | null {
    return source === 'header' ? this.#header(name) : this.#query.first(name);
  }

  /** `Host` is seen without its port, in lower case. */
  #header(name: string): string | null {
    return name === 'host' ? this.#host : fieldValue(this.#request.fields, name);
  }
}
