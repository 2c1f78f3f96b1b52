import type { ClientServer } from './client-stream.ts';
import type { ClientScope } from './listener-scopes.ts';
import type { Tenure } from './tenure.ts';

/** A client's connection as the worker handles it, whatever its protocol. It links itself into one `ConnectionList` at a time. */
export interface ClientConnection {
  previous: ClientConnection | null;
  next: ClientConnection | null;
  /** The list it is in; null once closed. */
  list: ConnectionList | null;
  readonly server: ClientServer;
  readonly scope: ClientScope;
  readonly tenure: Tenure;
  /** Since when it is idle, or when what it waits for is overdue. Monotonic; Infinity for never. */
  readonly deadlineMs: number;
  /** Enforces deadlines. */
  sweep(nowMs: number): void;
  /** Sets the deadline of what it waits for anew. */
  restartDeadline(): void;
  /** Closes now if idle, else after the answer in progress. */
  closeWhenIdle(): void;
  /** Asks the client to come back by another connection, as soon as no request can be lost by it. */
  makeRoom(): void;
  destroy(): void;
}

/**
 * Connections linked through themselves, in the order they were added: joining and leaving cost a few assignments and no memory. Idle
 * connections all wait equally long, so the first of their list is the first to time out and a sweep needs to look no further.
 */
export class ConnectionList {
  first: ClientConnection | null = null;
  size: number = 0;
  #last: ClientConnection | null = null;

  /** Takes `item` out of the list it is in and appends it here. */
  adopt(item: ClientConnection): void {
    if (item.list !== null) item.list.remove(item);
    item.list = this;
    item.previous = this.#last;
    if (this.#last === null) this.first = item;
    else this.#last.next = item;
    this.#last = item;
    this.size++;
  }

  remove(item: ClientConnection): void {
    if (item.list !== this) return;
    if (item.previous === null) this.first = item.next;
    else item.previous.next = item.next;
    if (item.next === null) this.#last = item.previous;
    else item.next.previous = item.previous;
    item.previous = null;
    item.next = null;
    item.list = null;
    this.size--;
  }

  /** What is in it now, for walks that may change it. */
  snapshot(): ClientConnection[] {
    const items: ClientConnection[] = [];
    for (let item = this.first; item !== null; item = item.next) items.push(item);
    return items;
  }
}
