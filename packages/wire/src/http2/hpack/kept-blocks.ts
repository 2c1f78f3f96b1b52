import type { Field } from '@fairlead/message';
import type { Octets } from '../../octets.ts';

/** `Field.http2Slot` of a field without a slot. */
export const SlotMark = {
  none: 0,
  /** It was written once. */
  seen: -1,
  /** Its octets are not kept: too long. */
  unkept: -2,
  /** Its sender asks not to index it, and so do we. */
  neverIndexed: -3,
} as const;

const slots = 1_024;
const wordsPerSlot = 32;

/**
 * The literal representations of fields that repeat. They are copied by words, which is several times cheaper than writing their texts anew, so that
 * Huffman code costs nothing. 1,024 fields of at most 128 octets; one that was not written lately gives way to a new one. Slots count from 1.
 */
export class KeptBlocks {
  readonly #owners: (Field | null)[] = new Array<Field | null>(slots + 1).fill(null);
  readonly #lengths: Uint8Array = new Uint8Array(slots + 1);
  /** 1 for what was asked for since it was last passed over. */
  readonly #used: Uint8Array = new Uint8Array(slots + 1);
  #words: Int32Array | null = null;
  #next: number = 0;
  #viewed: Octets | null = null;
  #view: DataView = new DataView(new ArrayBuffer(0));

  /** Whether the field's octets are here. */
  has(field: Field): boolean {
    const slot = field.http2Slot;
    if (slot <= 0 || this.#owners[slot] !== field) return false;
    this.#used[slot] = 1;
    return true;
  }

  /** Copies the octets of a field that is here, and up to three more; returns the offset behind them. */
  write(field: Field, bytes: Octets, at: number): number {
    const slot = field.http2Slot;
    const view = this.#viewOf(bytes);
    const words = this.#words!;
    const end = at + this.#lengths[slot]!;
    for (let word = slot * wordsPerSlot; at < end; word++, at += 4) view.setInt32(at, words[word]!, true);
    return end;
  }

  /** Keeps `bytes[start, end)` as the field's. */
  keep(field: Field, bytes: Octets, start: number, end: number): void {
    if (end - start > wordsPerSlot * 4) {
      field.http2Slot = SlotMark.unkept;
      return;
    }
    this.#words ??= new Int32Array((slots + 1) * wordsPerSlot);
    const words = this.#words;
    const view = this.#viewOf(bytes);
    const slot = this.#victim();
    for (let word = slot * wordsPerSlot, at = start; at < end; word++, at += 4) words[word] = view.getInt32(at, true);
    this.#lengths[slot] = end - start;
    this.#owners[slot] = field;
    field.http2Slot = slot;
  }

  #victim(): number {
    for (;;) {
      this.#next = (this.#next % slots) + 1;
      if (this.#used[this.#next] === 0) return this.#next;
      this.#used[this.#next] = 0;
    }
  }

  #viewOf(bytes: Octets): DataView {
    if (bytes !== this.#viewed) {
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#viewed = bytes;
    }
    return this.#view;
  }
}
