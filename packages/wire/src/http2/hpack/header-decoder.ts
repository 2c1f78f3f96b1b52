import { Field, internPeerName, isInterned, type NameInfo, names } from '@fairlead/message';
import { targetBytes, valueBytes } from '../../http1/byte-class.ts';
import { isKeepable } from '../../http1/field-line.ts';
import { LineCache } from '../../http1/line-cache.ts';
import { type Octets, viewOf } from '../../octets.ts';
import { FieldUse, firstFault, useOf } from '../heads/field-use.ts';
import { FieldTable, fieldSize, initialTableBytes } from './field-table.ts';
import { IntegerReader } from './integer.ts';
import { SlotMark } from './kept-blocks.ts';
import { lastStaticIndex, staticFields } from './static-table.ts';
import { StringReader } from './string-reader.ts';

/** What a peer's field sections may have. */
export interface FieldSectionLimits {
  /** Octets of one section after decompression: of names and values, and 32 for each field (RFC 9113 §6.5.2). */
  readonly maxFieldSectionBytes: number;
  /** Fields of one section, pseudo fields among them. */
  readonly maxFields: number;
}

/** All connections of a thread share what they have seen. */
const literals = new LineCache<Field>();
/** LineCache compares words. */
const minKeptBytes = 4;
const maxKeptBytes = 256;

const integers = new IntegerReader();
const strings = new StringReader();

/** First octets of a representation (RFC 7541 §6). */
const Form = { indexed: 0x80, incremental: 0x40, sizeUpdate: 0x20, neverIndexed: 0x10 } as const;

/**
 * Reads the field blocks of one direction of a connection (RFC 7541). What fields say is judged by the readers of heads; here a name or value
 * with an octet that it can't have is only marked (`FieldUse`), because the table has to stay in step with the peer's.
 *
 * Fields that were seen before cost no string: entries of the tables are fields, and a literal is known by its octets.
 */
export class HeaderDecoder {
  /** Of the last block, in order; empty when it was `tooLarge`. The array is the caller's. */
  fields: Field[] = [];
  /** The last block was beyond the limits. */
  tooLarge: boolean = false;
  readonly #maxTableBytes: number;
  readonly #limits: FieldSectionLimits;
  readonly #table: FieldTable = new FieldTable();
  /** The table has, or had, a name that is not interned. */
  #strangers: boolean = false;
  #octets: number = 0;

  /** `maxTableBytes`: our SETTINGS_HEADER_TABLE_SIZE. At least 4,096, which a peer may use before it knows our settings. */
  constructor(maxTableBytes: number, limits: FieldSectionLimits) {
    this.#maxTableBytes = Math.max(initialTableBytes, maxTableBytes);
    this.#limits = limits;
  }

  /** A complete field block. False: it can't be decompressed, a COMPRESSION_ERROR of the connection (RFC 9113 §4.3). */
  decode(bytes: Octets, start: number, end: number): boolean {
    this.fields = [];
    this.tooLarge = false;
    this.#octets = 0;
    let at = this.#readSizeUpdates(bytes, start, end);
    while (at >= 0 && at < end) {
      at = bytes[at]! >= Form.indexed ? this.#readIndexed(bytes, at, end) : this.#readLiteral(bytes, at, end);
    }
    if (this.tooLarge || at < 0) this.fields = [];
    return at >= 0;
  }

  /** Only at the beginning of a block (RFC 7541 §4.2). */
  #readSizeUpdates(bytes: Octets, at: number, end: number): number {
    while (at < end && (bytes[at]! & 0xe0) === Form.sizeUpdate) {
      at = integers.read(bytes, at, end, 31);
      if (at < 0 || integers.value > this.#maxTableBytes) return -1;
      this.#table.resize(integers.value);
    }
    return at;
  }

  #readIndexed(bytes: Octets, at: number, end: number): number {
    const next = integers.read(bytes, at, end, 127);
    if (next < 0) return -1;
    const field = this.#fieldAt(integers.value);
    if (field === null) return -1;
    this.#push(field);
    return next;
  }

  #fieldAt(index: number): Field | null {
    if (index <= lastStaticIndex) return index === 0 ? null : staticFields[index]!;
    const field = this.#table.byAge(index - lastStaticIndex - 1);
    return this.#strangers && field !== null ? renewed(field) : field;
  }

  /** With or without indexing. */
  #readLiteral(bytes: Octets, at: number, end: number): number {
    const first = bytes[at]!;
    if ((first & 0xe0) === Form.sizeUpdate) return -1;
    const incremental = first >= Form.incremental;
    const name = integers.read(bytes, at, end, incremental ? 63 : 15);
    if (name < 0) return -1;
    const index = integers.value;
    const value = index === 0 ? strings.skip(bytes, name, end) : name;
    const next = value < 0 ? -1 : strings.skip(bytes, value, end);
    if (next < 0) return -1;
    const field = this.#literalAt(bytes, at, index, value, next);
    if (field === null) return -1;
    if (incremental) this.#index(field);
    this.#push(field);
    return next;
  }

  /** The literal `bytes[at, end)` with its value at `value`; null when its index or a Huffman code is wrong. */
  #literalAt(bytes: Octets, at: number, index: number, value: number, end: number): Field | null {
    const length = end - at;
    if (index > lastStaticIndex || length < minKeptBytes || length > maxKeptBytes || mayNotBeKept[index] === 1)
      return this.#makeField(bytes, at, index, value, end);
    // Its octets alone say what it is.
    let hash = 0;
    for (let i = at; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const slot = literals.find(hash, viewOf(bytes), at, end);
    if (slot >= 0) return literals.value(slot);
    const field = this.#makeField(bytes, at, index, value, end);
    if (field !== null && isKept(field)) literals.keep(hash, viewOf(bytes), at, end, field);
    return field;
  }

  #makeField(bytes: Octets, at: number, index: number, value: number, end: number): Field | null {
    const name = index === 0 ? strings.name(bytes, at + 1, value) : this.#nameAt(index);
    if (name === null) return null;
    const isPath = name === names.pseudoPath;
    const text = strings.value(bytes, value, end, isPath ? targetBytes : valueBytes);
    if (text === null) return null;
    const field = new Field(name, text);
    if (!strings.clean) field.http2Use = isPath ? FieldUse.badPath : FieldUse.badValue;
    // RFC 7541 §6.2.3: so it stays on its way.
    if ((bytes[at]! & 0xf0) === Form.neverIndexed) field.http2Slot = SlotMark.neverIndexed;
    return field;
  }

  #index(field: Field): void {
    this.#table.add(field);
    this.#strangers ||= !isInterned(field.name);
  }

  #nameAt(index: number): NameInfo | null {
    const field = this.#fieldAt(index);
    return field === null ? null : field.name;
  }

  #push(field: Field): void {
    this.#octets += fieldSize(field);
    if (this.#octets > this.#limits.maxFieldSectionBytes || this.fields.length >= this.#limits.maxFields)
      this.tooLarge = true;
    else this.fields.push(field);
  }
}

/** With the name as it is interned now: another message may have had a name that the configuration only then spoke of. */
function renewed(field: Field): Field {
  if (isInterned(field.name) || useOf(field) >= firstFault) return field;
  return new Field(internPeerName(field.name.name), field.value);
}

/** By static index. */
const mayNotBeKept: Uint8Array = Uint8Array.from(staticFields, (field) => (isKeepable(field.name) ? 0 : 1));
mayNotBeKept[0] = 0;

/** Queries vary, and may carry what is not ours to keep. */
function isKept(field: Field): boolean {
  const { name, http2Use, http2Slot } = field;
  if (http2Use !== FieldUse.unknown || http2Slot !== SlotMark.none) return false;
  return isKeepable(name) && isInterned(name) && (name !== names.pseudoPath || !field.value.includes('?'));
}
