import type { PreparedCondition, PreparedEntry } from './prepared-entry.ts';

/**
 * The entries of one path. Entries with an exact condition on a header or query parameter stand under the value that their first such
 * condition asks for, so that a thousand tenants told apart by a header cost one look-up and not a thousand comparisons.
 */
export class EntryList {
  /** Without an exact condition, in order. */
  readonly plain: PreparedEntry[] = [];
  readonly keyed: KeyedEntries[] = [];

  add(entry: PreparedEntry): void {
    const key = keyOf(entry);
    if (key === null) insertInOrder(this.plain, entry);
    else this.#addKeyed(key, entry);
  }

  #addKeyed({ source, condition }: EntryKey, entry: PreparedEntry): void {
    let keyed = this.#find(source, condition.name);
    if (keyed === undefined) {
      keyed = { source, name: condition.name, byValue: new Map() };
      this.keyed.push(keyed);
    }
    const entries = keyed.byValue.get(condition.value);
    if (entries === undefined) keyed.byValue.set(condition.value, [entry]);
    else insertInOrder(entries, entry);
  }

  remove(entry: PreparedEntry): void {
    const key = keyOf(entry);
    if (key === null) removeFrom(this.plain, entry);
    else this.#removeKeyed(key, entry);
  }

  #removeKeyed({ source, condition }: EntryKey, entry: PreparedEntry): void {
    const keyed = this.#find(source, condition.name)!;
    const entries = keyed.byValue.get(condition.value)!;
    removeFrom(entries, entry);
    if (entries.length === 0) keyed.byValue.delete(condition.value);
    if (keyed.byValue.size === 0) removeFrom(this.keyed, keyed);
  }

  get isEmpty(): boolean {
    return this.plain.length === 0 && this.keyed.length === 0;
  }

  #find(source: KeyedEntries['source'], name: string): KeyedEntries | undefined {
    return this.keyed.find((keyed) => keyed.source === source && keyed.name === name);
  }
}

/** Entries by the value that one header or query parameter must have. */
export interface KeyedEntries {
  readonly source: 'header' | 'query';
  readonly name: string;
  /** Each list in order, never empty. */
  readonly byValue: Map<string, PreparedEntry[]>;
}

interface EntryKey {
  readonly source: KeyedEntries['source'];
  readonly condition: PreparedCondition;
}

function keyOf(entry: PreparedEntry): EntryKey | null {
  const header = entry.headers.find(isExact);
  if (header !== undefined) return { source: 'header', condition: header };
  const param = entry.query.find(isExact);
  return param === undefined ? null : { source: 'query', condition: param };
}

function isExact(condition: PreparedCondition): boolean {
  return condition.pattern === null;
}

/** From the end: entries arrive in order, except when one is edited. */
function insertInOrder(entries: PreparedEntry[], entry: PreparedEntry): void {
  let at = entries.length;
  while (at > 0 && entries[at - 1]!.order > entry.order) at--;
  if (at === entries.length) entries.push(entry);
  else entries.splice(at, 0, entry);
}

function removeFrom<T>(list: T[], element: T): void {
  list.splice(list.indexOf(element), 1);
}
