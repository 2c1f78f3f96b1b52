/** How a stream came to be closed: what its late frames are met with. */
export const Fate = {
  /** No such stream was in the table. */
  unknown: 0,
  /** There may have been one, and later ones took its place. */
  forgotten: 1,
  /** Both directions ended. */
  ended: 2,
  resetByUs: 3,
  resetByPeer: 4,
} as const;
export type Fate = (typeof Fate)[keyof typeof Fate];

const firstSlots = 16;
/** Of a connection with that many streams half of them are in use. */
const maxSlots = 2_048;

/**
 * The streams of one connection by id. Ids are odd and grow, so that a direct-mapped table holds nearly all of them; the few whose slot is
 * taken by a long-lived one go to a map. A slot keeps its stream's id and fate until another comes: the memory of the last closed ones.
 */
export class StreamTable<S extends { readonly id: number }> {
  /** Open streams. */
  size: number = 0;
  #ids: Int32Array = new Int32Array(0);
  #streams: (S | null)[] = [];
  #fates: Uint8Array = new Uint8Array(0);
  #mask: number = 0;
  #spilled: Map<number, S> | null = null;
  /** Up to here a closed stream may have left no trace. */
  #forgottenId: number = 0;

  find(id: number): S | null {
    if (this.#mask === 0) return null;
    const slot = (id >>> 1) & this.#mask;
    if (this.#ids[slot] === id) return this.#streams[slot]!;
    return this.#spilled?.get(id) ?? null;
  }

  add(stream: S): void {
    this.size++;
    if (this.size * 2 > this.#streams.length) this.#grow();
    this.#place(stream);
  }

  /** Closes `id`, which need not have been in the table. */
  close(id: number, fate: Fate): void {
    if (this.#mask === 0) this.#grow();
    const slot = (id >>> 1) & this.#mask;
    if (this.#ids[slot] === id) {
      if (this.#streams[slot] !== null) this.size--;
    } else if (this.#spilled?.delete(id)) this.size--;
    this.#record(slot, id, fate);
  }

  fateOf(id: number): Fate {
    if (this.#mask === 0) return Fate.unknown;
    const slot = (id >>> 1) & this.#mask;
    const known = this.#ids[slot]!;
    if (known === id) return this.#fates[slot] as Fate;
    return known > id || id <= this.#forgottenId || this.#streams[slot] !== null ? Fate.forgotten : Fate.unknown;
  }

  /** All open streams, eldest first. */
  open(): S[] {
    if (this.size === 0) return [];
    const all = this.#streams.filter((stream) => stream !== null);
    if (this.#spilled !== null) all.push(...this.#spilled.values());
    return all.sort((a, b) => a.id - b.id);
  }

  #place(stream: S): void {
    const slot = (stream.id >>> 1) & this.#mask;
    if (this.#streams[slot] !== null) {
      this.#spilled ??= new Map();
      this.#spilled.set(stream.id, stream);
      return;
    }
    this.#ids[slot] = stream.id;
    this.#streams[slot] = stream;
    this.#fates[slot] = Fate.unknown;
  }

  #record(slot: number, id: number, fate: Fate): void {
    const known = this.#ids[slot]!;
    if (known > id) return;
    if (known !== id && this.#streams[slot] !== null) {
      // The slot will tell of an earlier stream once that has ended.
      this.#forgottenId = Math.max(this.#forgottenId, id);
      return;
    }
    this.#ids[slot] = id;
    this.#streams[slot] = null;
    this.#fates[slot] = fate;
  }

  #grow(): void {
    const slots = Math.max(firstSlots, this.#streams.length * 2);
    if (slots > maxSlots) return;
    const ids = this.#ids;
    const streams = this.#streams;
    const fates = this.#fates;
    const spilled = this.#spilled;
    for (let i = 0; i < ids.length; i++) this.#forgottenId = Math.max(this.#forgottenId, ids[i]!);
    this.#mask = slots - 1;
    this.#ids = new Int32Array(slots);
    this.#streams = new Array<S | null>(slots).fill(null);
    this.#fates = new Uint8Array(slots);
    this.#spilled = null;
    for (let i = 0; i < ids.length; i++) {
      const stream = streams[i]!;
      if (stream !== null) this.#place(stream);
      else if (ids[i] !== 0) this.#record((ids[i]! >>> 1) & this.#mask, ids[i]!, fates[i] as Fate);
    }
    if (spilled !== null) for (const stream of spilled.values()) this.#place(stream);
  }
}
