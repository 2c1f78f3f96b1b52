import { codeLengths, codes } from '../../src/http2/hpack/huffman-code.ts';
import { staticFields } from '../../src/http2/hpack/static-table.ts';
import type { RawField } from './raw-block.ts';

/** RFC 7541 read slowly: the decoder's oracle. Shares its two tables only, which have tests of their own. */
export class NaiveDecoder {
  readonly table: RawField[] = [];
  #maxBytes: number = 4_096;
  readonly #allowedBytes: number;

  constructor(allowedBytes: number) {
    this.#allowedBytes = allowedBytes;
  }

  /** Null: a compression error. */
  decode(block: Uint8Array): RawField[] | null {
    const source = new Source(block);
    const fields: RawField[] = [];
    try {
      while (!source.done) this.#readOne(source, fields);
      return fields;
    } catch (error) {
      if (error instanceof Malformed) return null;
      throw error;
    }
  }

  #readOne(source: Source, fields: RawField[]): void {
    const bits = source.peek().toString(2).padStart(8, '0');
    if (bits.startsWith('1')) fields.push(this.#at(source.integer(7)));
    else if (bits.startsWith('01')) {
      const field = this.#literal(source, 6);
      this.#add(field);
      fields.push(field);
    } else if (bits.startsWith('001')) {
      if (fields.length > 0) throw new Malformed();
      this.#maxBytes = source.integer(5);
      if (this.#maxBytes > this.#allowedBytes) throw new Malformed();
      this.#evict();
    } else fields.push(this.#literal(source, 4));
  }

  #literal(source: Source, prefix: number): RawField {
    const index = source.integer(prefix);
    const name = index === 0 ? source.text() : this.#at(index)[0];
    return [name, source.text()];
  }

  #at(index: number): RawField {
    if (index === 0) throw new Malformed();
    const known = staticFields[index];
    if (known !== undefined) return [known.name.name, known.value];
    const field = this.table[index - staticFields.length];
    if (field === undefined) throw new Malformed();
    return field;
  }

  #add(field: RawField): void {
    this.table.unshift(field);
    this.#evict();
  }

  #evict(): void {
    while (this.table.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0) > this.#maxBytes)
      this.table.pop();
  }
}

class Malformed extends Error {}

class Source {
  readonly #bytes: Uint8Array;
  #at: number = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  peek(): number {
    const octet = this.#bytes[this.#at];
    if (octet === undefined) throw new Malformed();
    return octet;
  }

  integer(prefix: number): number {
    const mask = 2 ** prefix - 1;
    let value = this.peek() & mask;
    this.#at++;
    if (value < mask) return value;
    for (let i = 0; i < 4; i++) {
      const octet = this.peek();
      this.#at++;
      value += (octet % 128) * 128 ** i;
      if (octet < 128) return value;
    }
    throw new Malformed();
  }

  text(): string {
    const huffman = this.peek() >= 128;
    const length = this.integer(7);
    const octets = this.#bytes.subarray(this.#at, this.#at + length);
    if (octets.length < length) throw new Malformed();
    this.#at += length;
    return huffman ? expand(octets) : Buffer.from(octets).latin1Slice();
  }
}

const octetByCode: ReadonlyMap<string, number> = new Map(
  Array.from(codes, (code, octet) => [code.toString(2).padStart(codeLengths[octet]!, '0'), octet] as const),
);

function expand(octets: Uint8Array): string {
  let text = '';
  let code = '';
  for (const bit of [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('')) {
    code += bit;
    const octet = octetByCode.get(code);
    if (octet === undefined) continue;
    text += String.fromCharCode(octet);
    code = '';
  }
  if (code.length > 7 || code.includes('0')) throw new Malformed();
  return text;
}
