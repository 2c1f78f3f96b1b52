import { memoryLike, type Octets } from '../../octets.ts';
import { codeLengths, codes } from './huffman-code.ts';

/** What a table has where no code leads. */
const invalid = -0x40000000;

/**
 * Tables of 256 entries, one for each way to begin a code by whole octets; indexed by the next eight bits. An entry is `octet << 4 | bits`,
 * the negative offset of the table in which a longer code goes on, or `invalid`: EOS and its beginnings are in no table (RFC 7541 §5.2).
 */
const tables: Int32Array = buildTables();

/** Reads strings in HPACK's Huffman code, strictly. `octets` and `clean` hold the outcome of the last call. */
export class HuffmanReader {
  octets: Octets | null = null;
  /** Whether all octets are of the class that was asked for. */
  clean: boolean = true;

  /**
   * Decodes `bytes[start, end)` to `octets[0, …)` and returns their number; -1 when it is no Huffman code, its padding is a whole octet or
   * longer, or not of ones. `allowed` has 1 for each octet of the class.
   */
  read(bytes: Octets, start: number, end: number, allowed: Uint8Array): number {
    const out = this.#withRoom(bytes, end - start);
    let size = 0;
    let pending = 0;
    let bits = 0;
    let table = 0;
    let clean = 1;
    while (start < end) {
      pending = (pending << 8) | bytes[start++]!;
      bits += 8;
      do {
        const entry = tables[table + ((pending >>> (bits - 8)) & 255)]!;
        if (entry >= 0) {
          const octet = entry >> 4;
          out[size++] = octet;
          clean &= allowed[octet]!;
          bits -= entry & 15;
          table = 0;
        } else if (entry === invalid) return -1;
        else {
          bits -= 8;
          table = -entry;
        }
      } while (bits >= 8);
    }
    while (bits > 0) {
      const entry = tables[table + ((pending << (8 - bits)) & 255)]!;
      if (entry < 0 || (entry & 15) > bits) break;
      const octet = entry >> 4;
      out[size++] = octet;
      clean &= allowed[octet]!;
      bits -= entry & 15;
      table = 0;
    }
    this.clean = clean === 1;
    const padding = (1 << bits) - 1;
    return table === 0 && (pending & padding) === padding ? size : -1;
  }

  /** The shortest codes have five bits. */
  #withRoom(sample: Octets, size: number): Octets {
    const room = Math.floor((size * 8) / 5);
    if (this.octets === null || this.octets.length < room) this.octets = memoryLike(sample, Math.max(4096, room));
    return this.octets;
  }
}

function buildTables(): Int32Array {
  const built: number[] = new Array<number>(256).fill(invalid);
  for (let octet = 0; octet < 256; octet++) {
    let table = 0;
    let left = codeLengths[octet]!;
    const code = codes[octet]!;
    for (; left > 8; left -= 8) table = follow(built, table + ((code >>> (left - 8)) & 255));
    const first = table + ((code << (8 - left)) & 255);
    built.fill((octet << 4) | left, first, first + (1 << (8 - left)));
  }
  return Int32Array.from(built);
}

/** The offset of the table behind an entry, made when there is none. */
function follow(built: number[], entry: number): number {
  if (built[entry] === invalid) {
    built[entry] = -built.length;
    for (let i = 0; i < 256; i++) built.push(invalid);
  }
  return -built[entry]!;
}
