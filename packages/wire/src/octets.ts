/** Bytes from a socket: node's Buffer satisfies it. */
export interface Octets extends Uint8Array {
  latin1Slice(start?: number, end?: number): string;
  /** Writes one octet for each character; returns how many. */
  latin1Write(text: string, offset?: number, length?: number): number;
}

/**
 * Zeroed memory of the same class as `sample`: the scanner meets one kind of array only (its loops stay monomorphic), and the package need
 * not name Buffer.
 */
export function memoryLike(sample: Octets, size: number): Octets {
  const kind = sample.constructor as unknown as { readonly [Symbol.species]: new (size: number) => Octets };
  return new kind[Symbol.species](size);
}

/** `from[start, end)` to `to` from `at` on. */
export function copyOctets(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  // A view costs 60 ns, as much as a loop over that many octets.
  if (end - start > 64) to.set(new Uint8Array(from.buffer, from.byteOffset + start, end - start), at);
  else while (start < end) to[at++] = from[start++]!;
}

let viewed: Octets | null = null;
let view: DataView = new DataView(new ArrayBuffer(0));

/** A view of these octets, with their offsets. Made once while the same memory is read; 90 ns otherwise. */
export function viewOf(bytes: Octets): DataView {
  if (bytes !== viewed) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    viewed = bytes;
  }
  return view;
}

/** The text of `bytes[start, end)` without whitespace around it. */
export function textOf(bytes: Octets, start: number, end: number): string {
  while (start < end && isBlank(bytes[start]!)) start++;
  while (start < end && isBlank(bytes[end - 1]!)) end--;
  return start === end ? '' : bytes.latin1Slice(start, end);
}

/** SP or HTAB. */
export function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9;
}
