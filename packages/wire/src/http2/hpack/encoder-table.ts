import type { Field } from '@fairlead/message';
import type { Octets } from '../../octets.ts';
import { FieldTable, fieldSize, initialTableBytes } from './field-table.ts';
import { writeInteger } from './integer.ts';
import { lastStaticIndex } from './static-table.ts';

/** Places that remember where a field is. */
const places = 128;

/**
 * The dynamic table that we make the peer keep, of 4,096 octets at most. A field is found by the low bits of its slot in `KeptBlocks`; of two
 * fields that share them, the one in the table stays there.
 */
export class EncoderTable {
  /** Whether anything may be put into it. */
  readonly indexing: boolean;
  readonly #table: FieldTable = new FieldTable();
  /** Serial numbers by place; null until the first entry. */
  #serials: Uint32Array | null = null;
  /** Maximums that the peer was not told yet: the least since the last block, and the last; -1 for none. */
  #least: number = -1;

  constructor(indexing: boolean) {
    this.indexing = indexing;
  }

  /** The peer's decoder must hear of a lower maximum before anything else (RFC 9113 §4.3.1). */
  setPeerMaximum(maxBytes: number): void {
    const next = Math.min(maxBytes, initialTableBytes);
    if (next === this.#table.maxBytes) return;
    this.#least = this.#least < 0 ? Math.min(next, this.#table.maxBytes) : Math.min(next, this.#least);
    this.#table.resize(next);
  }

  /** Table size updates that are due before a block (RFC 7541 §4.2). */
  writeUpdates(bytes: Octets, at: number): number {
    if (this.#least < 0) return at;
    const { maxBytes } = this.#table;
    if (this.#least < maxBytes) at = writeInteger(bytes, at, this.#least, 31, 0x20);
    this.#least = -1;
    return writeInteger(bytes, at, maxBytes, 31, 0x20);
  }

  /** The index of a field that is in the table, 0 when it is not. */
  find(field: Field): number {
    if (this.#serials === null) return 0;
    const age = this.#table.newest - this.#serials[field.http2Slot & (places - 1)]!;
    return this.#table.byAge(age) === field ? lastStaticIndex + 1 + age : 0;
  }

  /** Puts a field in that is not there; false when it must not be. */
  add(field: Field): boolean {
    if (!field.name.internValues || fieldSize(field) > this.#table.maxBytes / 4) return false;
    this.#serials ??= new Uint32Array(places);
    const place = field.http2Slot & (places - 1);
    if (this.#isTaken(place)) return false;
    this.#table.add(field);
    this.#serials[place] = this.#table.newest;
    return true;
  }

  /** By a field that is in the table and would be looked for here: its slot may be another by now. */
  #isTaken(place: number): boolean {
    const holder = this.#table.byAge(this.#table.newest - this.#serials![place]!);
    return holder !== null && (holder.http2Slot & (places - 1)) === place;
  }
}
