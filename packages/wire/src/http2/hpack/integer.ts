/**
 * Reads integers with a prefix of some bits (RFC 7541 §5.1). `value` holds the last. Four octets may follow the prefix, which is more than any
 * length or index that fits into a field block; longer ones are refused, padded with zeros or not.
 */
export class IntegerReader {
  value: number = 0;

  /** `mask`: the bits of the prefix. Returns the offset behind the integer, -1 when it is cut off or too long. */
  read(bytes: Uint8Array, at: number, end: number, mask: number): number {
    const prefix = bytes[at]! & mask;
    this.value = prefix;
    return prefix < mask ? at + 1 : this.#readRest(bytes, at + 1, end);
  }

  #readRest(bytes: Uint8Array, at: number, end: number): number {
    for (let shift = 0; shift < 28 && at < end; shift += 7) {
      const octet = bytes[at++]!;
      this.value += (octet & 127) << shift;
      if (octet < 128) return at;
    }
    return -1;
  }
}

/** Writes an integer behind the bits that are in `first`; returns the offset behind it. At most five octets below 2^28. */
export function writeInteger(bytes: Uint8Array, at: number, value: number, mask: number, first: number): number {
  if (value < mask) {
    bytes[at] = first | value;
    return at + 1;
  }
  bytes[at++] = first | mask;
  value -= mask;
  for (; value >= 128; value >>>= 7) bytes[at++] = (value & 127) | 128;
  bytes[at] = value;
  return at + 1;
}
