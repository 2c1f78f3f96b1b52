import { patchMap } from './same.ts';

/**
 * Incremental compiling: a node notes what it looks up while it is built, and is built again only when one of its lookups would now answer
 * differently, or its own source changed. Everything looked up keeps its identity while it does not change, so comparing is by `===`.
 */

/** Tables by name, each by key. */
export type TablesOf<T> = { readonly [Name in keyof T]: ReadonlyMap<string, T[Name]> };

export class Reads<T> {
  #tables: TablesOf<T> | null;
  readonly #names: (keyof T)[] = [];
  readonly #keys: string[] = [];
  readonly #values: unknown[] = [];

  constructor(tables: TablesOf<T>) {
    this.#tables = tables;
  }

  get<Name extends keyof T>(name: Name, key: string): T[Name] | undefined {
    if (this.#tables === null) throw new Error(`lookup of ${String(name)} "${key}" after the node was built`);
    const value = this.#tables[name].get(key);
    this.#names.push(name);
    this.#keys.push(key);
    this.#values.push(value);
    return value;
  }

  /** Ends the looking up. Lets go of the tables: a node that lives long must not keep all that was there when it was built. */
  close(): void {
    this.#tables = null;
  }

  /** Every lookup made here gives the same in `tables`. Names in `unchanged` need no look: their tables are the same as a whole. */
  holdsIn(tables: TablesOf<T>, unchanged: ReadonlySet<keyof T>): boolean {
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i]!;
      if (!unchanged.has(name) && tables[name].get(this.#keys[i]!) !== this.#values[i]) return false;
    }
    return true;
  }
}

/** The names of tables that are the same as a whole. */
export function findUnchanged<T>(before: TablesOf<T>, now: TablesOf<T>): ReadonlySet<keyof T> {
  return new Set((Object.keys(now) as (keyof T)[]).filter((name) => before[name] === now[name]));
}

/** A built node with what it was built from. */
interface Built<Source, Node, T> {
  readonly source: Source;
  readonly reads: Reads<T>;
  readonly node: Node;
}

export type BuiltNodes<Source, Node, T> = ReadonlyMap<string, Built<Source, Node, T>>;

export interface Rebuild<Source, Node, T> {
  readonly sources: ReadonlyMap<string, Source>;
  readonly tables: TablesOf<T>;
  /** Tables that are the same, as a whole, as when `previous` was built. */
  readonly unchanged: ReadonlySet<keyof T>;
  readonly previous: BuiltNodes<Source, Node, T>;
  /** `before` is the node of the last time, for keeping the identity of its parts. */
  readonly build: (key: string, source: Source, reads: Reads<T>, before: Node | undefined) => Node;
}

/** Builds a node of every source, or keeps the previous one. Hands `previous` back when nothing changed. */
export function rebuild<Source, Node, T>(stage: Rebuild<Source, Node, T>): BuiltNodes<Source, Node, T> {
  const { sources, previous } = stage;
  const built = new Map<string, Built<Source, Node, T>>();
  const nothingToRead = stage.unchanged.size === Object.keys(stage.tables).length;
  for (const [key, source] of sources) {
    const before = previous.get(key);
    const holds = before?.source === source && (nothingToRead || before.reads.holdsIn(stage.tables, stage.unchanged));
    if (!holds) built.set(key, buildOne(stage, key, source, before?.node));
  }
  const changes: Map<string, Built<Source, Node, T> | undefined> = built;
  // Only when something went away is there more before than there are sources.
  if (previous.size > 0) for (const key of previous.keys()) if (!sources.has(key)) changes.set(key, undefined);
  return patchMap(previous, changes);
}

function buildOne<Source, Node, T>(
  { tables, build }: Rebuild<Source, Node, T>,
  key: string,
  source: Source,
  before: Node | undefined,
): Built<Source, Node, T> {
  const reads = new Reads<T>(tables);
  const node = build(key, source, reads, before);
  reads.close();
  return { source, reads, node };
}
