import { EntryList } from './entry-list.ts';
import type { HostName } from './match.ts';
import { fixedDirectory } from './pattern.ts';
import { PrefixIndex } from './prefix-index.ts';
import { PreparedEntry } from './prepared-entry.ts';
import type { HostTable, MatchEntry } from './table.ts';

/**
 * One host table, indexed by path: exact paths in a Map, prefixes and regular expressions by element prefix. Replacing a few of several
 * thousand entries touches only their lists.
 */
export class HostIndex {
  readonly exact: Map<string, EntryList> = new Map();
  readonly prefixes: PrefixIndex = new PrefixIndex();
  readonly #host: HostName;
  readonly #entries: PreparedEntry[] = [];

  constructor({ key, listener, hostname, entries }: HostTable) {
    this.#host = { key, listener, hostname };
    this.splice(0, 0, entries);
  }

  /** Takes out `deleteCount` entries at `start` and puts `insert` in their place. */
  splice(start: number, deleteCount: number, insert: readonly MatchEntry[]): void {
    const added = insert.map((entry, i) => new PreparedEntry(this.#host, entry, start + i));
    const removed = spliceAll(this.#entries, start, deleteCount, added);
    for (const entry of removed) this.#remove(entry);
    if (insert.length !== deleteCount) this.#renumber(start + insert.length);
    for (const entry of added) this.#listFor(entry).add(entry);
  }

  #renumber(start: number): void {
    for (let i = start; i < this.#entries.length; i++) this.#entries[i]!.order = i;
  }

  #listFor({ match: { entry } }: PreparedEntry): EntryList {
    if (entry.path.type !== 'exact') {
      const prefix = indexedPrefix(entry);
      return (this.prefixes.get(prefix) ?? this.prefixes.add(prefix, new EntryList())).entries;
    }
    let list = this.exact.get(entry.path.value);
    if (list === undefined) {
      list = new EntryList();
      this.exact.set(entry.path.value, list);
    }
    return list;
  }

  #remove(prepared: PreparedEntry): void {
    const { entry } = prepared.match;
    const list = this.#listFor(prepared);
    list.remove(prepared);
    if (!list.isEmpty) return;
    if (entry.path.type === 'exact') this.exact.delete(entry.path.value);
    else this.prefixes.remove(this.prefixes.get(indexedPrefix(entry))!);
  }
}

/** Every path that the entry can match lies under it. */
function indexedPrefix({ path }: MatchEntry): string {
  return path.type === 'prefix' ? path.value : fixedDirectory(path.value);
}

/** `list.splice`, without passing thousands of arguments. */
function spliceAll<T>(list: T[], start: number, deleteCount: number, insert: readonly T[]): readonly T[] {
  const tail = list.splice(start);
  for (const element of insert) list.push(element);
  for (let i = deleteCount; i < tail.length; i++) list.push(tail[i]!);
  return tail.slice(0, deleteCount);
}
