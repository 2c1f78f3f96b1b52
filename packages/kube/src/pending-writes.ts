import { type StatusTable, statusTables } from './status-table.ts';

/** An object whose status may have to be written. */
export interface PendingWrite {
  readonly table: StatusTable;
  readonly key: string;
}

/** What waits to be written: kinds in their order, objects of a kind in the order they came, none before its time. */
export class PendingWrites {
  readonly #tables: ReadonlyMap<StatusTable, Map<string, number>> = new Map(
    statusTables.map((table) => [table, new Map()]),
  );

  /** An object that waits already keeps its place. */
  add({ table, key }: PendingWrite, notBeforeMs: number): void {
    const waiting = this.#tables.get(table)!;
    waiting.set(key, Math.min(waiting.get(key) ?? Number.POSITIVE_INFINITY, notBeforeMs));
  }

  /** The first whose time has come, which then waits no longer. */
  take(nowMs: number): PendingWrite | null {
    for (const [table, waiting] of this.#tables) {
      for (const [key, notBeforeMs] of waiting) {
        if (notBeforeMs > nowMs) continue;
        waiting.delete(key);
        return { table, key };
      }
    }
    return null;
  }

  /** Infinity when nothing waits. */
  dueInMs(nowMs: number): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const waiting of this.#tables.values()) {
      for (const notBeforeMs of waiting.values()) dueMs = Math.min(dueMs, notBeforeMs);
    }
    return Math.max(0, dueMs - nowMs);
  }

  /** Of one kind, or all. */
  clear(table?: StatusTable): void {
    for (const [one, waiting] of this.#tables) if (table === undefined || one === table) waiting.clear();
  }
}
