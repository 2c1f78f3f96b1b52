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
export interface Built<Source, Node, T> {
  readonly source: Source;
  readonly reads: Reads<T>;
  readonly node: Node;
}

export type BuiltNodes<Source, Node, T> = ReadonlyMap<string, Built<Source, Node, T>>;

export interface Rebuild<Source, Node, T> {
  readonly sources: Iterable<readonly [string, Source]>;
  readonly tables: TablesOf<T>;
  /** Tables that are the same, as a whole, as when `previous` was built. */
  readonly unchanged: ReadonlySet<keyof T>;
  readonly previous: BuiltNodes<Source, Node, T>;
  /** `before` is the node of the last time, for keeping the identity of its parts. */
  readonly build: (key: string, source: Source, reads: Reads<T>, before: Node | undefined) => Node;
}

/** Builds a node of every source, or keeps the previous one. Hands `previous` back when nothing changed. */
export function rebuild<Source, Node, T>(stage: Rebuild<Source, Node, T>): BuiltNodes<Source, Node, T> {
  const nodes = new Map<string, Built<Source, Node, T>>();
  let changed = false;
  for (const [key, source] of stage.sources) {
    const before = stage.previous.get(key);
    if (before?.source === source && before.reads.holdsIn(stage.tables, stage.unchanged)) {
      nodes.set(key, before);
      continue;
    }
    changed = true;
    const reads = new Reads<T>(stage.tables);
    const node = stage.build(key, source, reads, before?.node);
    reads.close();
    nodes.set(key, { source, reads, node });
  }
  return changed || nodes.size !== stage.previous.size ? nodes : stage.previous;
}
