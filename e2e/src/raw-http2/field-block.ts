/** Field blocks of the plainest kind, good or bad: literals without Huffman coding. RFC 7541 §6. */
export type RawField = readonly [name: string, value: string];

/** Literals that leave the dynamic table alone. */
export function literalBlock(fields: readonly RawField[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0x00]), text(name), text(value)]));
}

/** A literal that enters the dynamic table; the newest entry has index 62. */
export function indexedLiteral([name, value]: RawField): Buffer {
  return Buffer.concat([Buffer.from([0x40]), text(name), text(value)]);
}

/** The entry of a table `times` over; `index` below 127. */
export function repeatedIndex(index: number, times: number): Buffer {
  return Buffer.alloc(times, 0x80 | index);
}

export function requestFields(path: string, method: string = 'GET', more: readonly RawField[] = []): RawField[] {
  return [[':method', method], [':scheme', 'http'], [':authority', 'attacks.example.com'], [':path', path], ...more];
}

function text(value: string): Buffer {
  const octets = Buffer.from(value, 'latin1');
  return Buffer.concat([integer(octets.length), octets]);
}

/** With a prefix of 7 bits, RFC 7541 §5.1. */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const octets = [127];
  for (let rest = value - 127; ; rest >>= 7) {
    if (rest < 128) return Buffer.from([...octets, rest]);
    octets.push((rest & 127) | 128);
  }
}

const staticStatuses = [200, 204, 206, 304, 400, 404, 500];

/** Of a response's field block, whose first field `:status` is; 0 where the dynamic table was used. */
export function statusOf(block: Buffer): number {
  const first = block[0] ?? 0;
  if (first >= 0x88 && first <= 0x8e) return staticStatuses[first - 0x88]!;
  // A literal whose name is a static entry: with the value in 3 octets, or in 2 or 3 by Huffman coding.
  if (![0x08, 0x18, 0x48].includes(first) && !(first >= 0x48 && first <= 0x4e)) return 0;
  const length = block[1]!;
  const value = block.subarray(2, 2 + (length & 127));
  return Number(length < 128 ? value.toString('latin1') : huffmanDigits(value));
}

/** Digits only: 0 to 2 have 5 bits, 3 to 9 have 6 (RFC 7541, appendix B). */
function huffmanDigits(octets: Buffer): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  let digits = '';
  for (let at = 0; digits.length < 3; ) {
    const short = Number.parseInt(bits.slice(at, at + 5), 2);
    if (short <= 2) {
      digits += String(short);
      at += 5;
    } else {
      digits += String(Number.parseInt(bits.slice(at, at + 6), 2) - 0x19 + 3);
      at += 6;
    }
  }
  return digits;
}
