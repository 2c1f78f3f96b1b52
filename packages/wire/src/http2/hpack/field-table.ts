import type { Field } from '@fairlead/message';

/** Octets that an entry counts beside its texts (RFC 7541 §4.1). */
const entryOverhead = 32;

/** What a field counts in a table, and in a field section (RFC 9113 §6.5.2). */
export function fieldSize(field: Field): number {
  return field.name.name.length + field.value.length + entryOverhead;
}

/** The maximum of a connection on which nothing else was said (RFC 9113 §6.5.2). */
export const initialTableBytes = 4_096;

/**
 * A dynamic table: the latest fields, as long as their sizes fit (RFC 7541 §2.3.2, §4). Entries have serial numbers that count up from 1. A
 * ring that holds no memory until a field comes, and grows with need.
 */
export class FieldTable {
  /** Serial number of the latest entry. */
  newest: number = 0;
  /** Entries held. */
  count: number = 0;
  #ring: (Field | null)[] = [];
  #octets: number = 0;
  #maxBytes: number = initialTableBytes;

  get maxBytes(): number {
    return this.#maxBytes;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evict(maxBytes);
  }

  /** The entry `age` entries before the newest; null when there is none. */
  byAge(age: number): Field | null {
    return age < this.count ? this.#ring[(this.newest - age) & (this.#ring.length - 1)]! : null;
  }

  /** A field larger than the table empties it (RFC 7541 §4.4). */
  add(field: Field): void {
    const size = fieldSize(field);
    this.#evict(this.#maxBytes - size);
    if (size > this.#maxBytes) return;
    if (this.count === this.#ring.length) this.#grow();
    this.newest++;
    this.count++;
    this.#octets += size;
    this.#ring[this.newest & (this.#ring.length - 1)] = field;
  }

  /** Until no more than `octets` are held. */
  #evict(octets: number): void {
    while (this.#octets > octets && this.count > 0) {
      const at = (this.newest - --this.count) & (this.#ring.length - 1);
      this.#octets -= fieldSize(this.#ring[at]!);
      this.#ring[at] = null;
    }
  }

  #grow(): void {
    const old = this.#ring;
    const grown = new Array<Field | null>(Math.max(8, 2 * old.length)).fill(null);
    for (let age = 0; age < this.count; age++) grown[(this.newest - age) & (grown.length - 1)] = this.byAge(age);
    this.#ring = grown;
  }
}
