import { type ClientConnection, ConnectionList } from './connection-list.ts';

/**
 * Connections without a request in progress. Those that wait equally long share a list, so that in each the first is the first to time out:
 * a sweep looks at no more than the firsts. There are as many lists as there have been timeouts configured.
 */
export class IdleConnections {
  readonly #lists = new Map<number, ConnectionList>();
  /** The list used last: mostly there is but one. */
  #waitMs: number = -1;
  #list: ConnectionList = new ConnectionList();

  get size(): number {
    let sum = 0;
    for (const list of this.#lists.values()) sum += list.size;
    return sum;
  }

  /** Takes `item`, whose deadline is `waitMs` from now, out of the list it is in. */
  adopt(item: ClientConnection, waitMs: number): void {
    if (waitMs !== this.#waitMs) this.#select(waitMs);
    this.#list.adopt(item);
  }

  sweep(nowMs: number): void {
    for (const list of this.#lists.values()) {
      for (let first = list.first; first !== null && first.deadlineMs <= nowMs; first = list.first) first.sweep(nowMs);
    }
  }

  /** Closes those that have been idle at least since `sinceMs`. */
  closeUnused(sinceMs: number): void {
    for (const [waitMs, list] of this.#lists) {
      const deadlineMs = sinceMs + waitMs;
      for (let first = list.first; first !== null && first.deadlineMs <= deadlineMs; first = list.first) {
        first.closeWhenIdle();
      }
    }
  }

  snapshot(): ClientConnection[] {
    return [...this.#lists.values()].flatMap((list) => list.snapshot());
  }

  #select(waitMs: number): void {
    this.#waitMs = waitMs;
    this.#list = this.#lists.get(waitMs) ?? new ConnectionList();
    this.#lists.set(waitMs, this.#list);
  }
}
