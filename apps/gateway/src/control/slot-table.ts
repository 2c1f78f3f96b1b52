/**
 * Hands out small numbers for keys: rows of endpoint statistics, slots of rules. A number that was given back goes to another key only when
 * nobody can still be using it: every worker has applied the version that gave it up, and `isIdle` says that no late user is left.
 */
export class SlotTable {
  readonly capacity: number;
  readonly #slots = new Map<string, number>();
  /** Given back, waiting for reuse, oldest first. */
  readonly #leaving = new Map<string, Leaving>();
  readonly #free: number[] = [];
  #used = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get size(): number {
    return this.#slots.size;
  }

  get(key: string): number | undefined {
    return this.#slots.get(key);
  }

  /** The key's number: the one it has, the one it had if nobody got it since, or another. Null when there are no more. */
  acquire(key: string): number | null {
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#leaving.get(key)?.slot ?? this.#free.pop() ?? this.#next();
    if (slot === null) return null;
    this.#leaving.delete(key);
    this.#slots.set(key, slot);
    return slot;
  }

  /** `version`: of the update that tells workers. */
  release(key: string, version: number): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#leaving.set(key, { slot, version });
  }

  /** Makes numbers reusable that all workers have let go; calls `onReuse` for each. */
  reclaim(appliedVersion: number, isIdle: (slot: number) => boolean, onReuse: (slot: number) => void): void {
    for (const [key, { slot, version }] of this.#leaving) {
      if (version > appliedVersion || !isIdle(slot)) continue;
      this.#leaving.delete(key);
      onReuse(slot);
      this.#free.push(slot);
    }
  }

  entries(): IterableIterator<[string, number]> {
    return this.#slots.entries();
  }

  #next(): number | null {
    return this.#used < this.capacity ? this.#used++ : null;
  }
}

interface Leaving {
  readonly slot: number;
  readonly version: number;
}
