import { codeLengths, codes } from './huffman-code.ts';

/** Octets that a text (latin1) has in Huffman code. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += codeLengths[text.charCodeAt(i) & 255]!;
  return (bits + 7) >> 3;
}

/** Writes a text in Huffman code, padded with ones (RFC 7541 §5.2); returns the offset behind it. */
export function writeHuffman(bytes: Uint8Array, at: number, text: string): number {
  let pending = 0;
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const octet = text.charCodeAt(i) & 255;
    const code = codes[octet]!;
    // Seven pending bits and a code of thirty are more than a word has: by octets.
    for (let left = codeLengths[octet]!; left > 0; ) {
      const taken = Math.min(left, 8);
      left -= taken;
      pending = ((pending << taken) | ((code >>> left) & ((1 << taken) - 1))) & 0xffff;
      bits += taken;
      if (bits >= 8) {
        bits -= 8;
        bytes[at++] = pending >>> bits;
      }
    }
  }
  if (bits > 0) bytes[at++] = (pending << (8 - bits)) | ((1 << (8 - bits)) - 1);
  return at;
}
