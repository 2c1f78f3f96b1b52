import { NameInfo, NameKind, names } from '@fairlead/message';
import { lowerTokenBytes } from '../../http1/byte-class.ts';
import { nameAt } from '../../http1/name-cache.ts';
import type { Octets } from '../../octets.ts';
import { HuffmanReader } from './huffman-reader.ts';
import { IntegerReader } from './integer.ts';

const pseudoNames: ReadonlyMap<string, NameInfo> = new Map(
  Object.values(names)
    .filter((name) => name.kind === NameKind.pseudo)
    .map((name) => [name.name, name]),
);

/** The bit that says that a string is in Huffman code. */
const huffmanBit = 0x80;

/** Reads string literals (RFC 7541 §5.2). `clean` and what is private hold the outcome of the last call. */
export class StringReader {
  /** Whether all octets of the last value were of the class that was asked for. */
  clean: boolean = true;
  readonly #integer: IntegerReader = new IntegerReader();
  readonly #huffman: HuffmanReader = new HuffmanReader();
  /** The last string: `bytes[start, end)`. */
  #bytes: Octets | null = null;
  #start: number = 0;
  #end: number = 0;

  /** The offset behind the string literal at `at`; -1 when it does not end before `end`. */
  skip(bytes: Octets, at: number, end: number): number {
    if (at >= end) return -1;
    const start = this.#integer.read(bytes, at, end, 127);
    return start < 0 || this.#integer.value > end - start ? -1 : start + this.#integer.value;
  }

  /** The text of the string literal `bytes[at, end)`; null when its Huffman code is wrong. */
  value(bytes: Octets, at: number, end: number, allowed: Uint8Array): string | null {
    if (!this.#decode(bytes, at, end, allowed)) return null;
    return this.#start === this.#end ? '' : this.#bytes!.latin1Slice(this.#start, this.#end);
  }

  /**
   * The name that is the string literal `bytes[at, end)`; null when its Huffman code is wrong. What is no name, such as one with capitals, gets
   * a `NameInfo` of its own that spells it as it is.
   */
  name(bytes: Octets, at: number, end: number): NameInfo | null {
    if (!this.#decode(bytes, at, end, lowerTokenBytes)) return null;
    if (this.clean && this.#start < this.#end) return this.#token(this.#bytes!);
    const text = this.#start === this.#end ? '' : this.#bytes!.latin1Slice(this.#start, this.#end);
    return pseudoNames.get(text) ?? new NameInfo(text, kindOf(text), 0, false);
  }

  #token(bytes: Octets): NameInfo {
    let hash = 0;
    for (let i = this.#start; i < this.#end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    return nameAt(hash, bytes, this.#start, this.#end);
  }

  #decode(bytes: Octets, at: number, end: number, allowed: Uint8Array): boolean {
    const start = this.#integer.read(bytes, at, end, 127);
    if (bytes[at]! >= huffmanBit) return this.#expand(bytes, start, end, allowed);
    let clean = 1;
    for (let i = start; i < end; i++) clean &= allowed[bytes[i]!]!;
    this.clean = clean === 1;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    return true;
  }

  #expand(bytes: Octets, start: number, end: number, allowed: Uint8Array): boolean {
    const length = this.#huffman.read(bytes, start, end, allowed);
    this.clean = this.#huffman.clean;
    this.#bytes = this.#huffman.octets;
    this.#start = 0;
    this.#end = length;
    return length >= 0;
  }
}

function kindOf(text: string): NameKind {
  return text.startsWith(':') ? NameKind.pseudo : NameKind.ordinary;
}
