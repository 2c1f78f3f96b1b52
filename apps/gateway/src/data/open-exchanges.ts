/** What the sweep needs of an exchange: its links and the time of its next deadline. */
export interface Open<T> {
  previous: T | null;
  next: T | null;
}

/** All exchanges in progress, linked through themselves: adding and removing one costs four assignments and no memory. */
export class OpenExchanges<T extends Open<T>> {
  first: T | null = null;
  size: number = 0;

  add(item: T): void {
    item.next = this.first;
    if (this.first !== null) this.first.previous = item;
    this.first = item;
    this.size++;
  }

  remove(item: T): void {
    if (item.previous !== null) item.previous.next = item.next;
    else if (this.first === item) this.first = item.next;
    else return;
    if (item.next !== null) item.next.previous = item.previous;
    item.previous = null;
    item.next = null;
    this.size--;
  }
}
