import type { Octets } from '../octets.ts';
import { Byte, tokenBytes } from './byte-class.ts';
import { type WireError, wireErrors } from './wire-error.ts';

/** Reads the lines before chunk data. `size`, `extensionBytes` and `error` hold the outcome of the last call. */
export class ChunkLine {
  size: number = 0;
  /** Octets from the first `;` up to the CRLF. */
  extensionBytes: number = 0;
  error: WireError | null = null;

  /** The line `bytes[at, lf]`, which ends with LF. False: see `error`. */
  read(bytes: Octets, at: number, lf: number): boolean {
    let size = 0;
    let i = at;
    for (let digit = digits[bytes[i]!]!; digit < 16; digit = digits[bytes[++i]!]!) size = size * 16 + digit;
    // Twelve digits are 256 TiB; more than 13 could not be counted.
    if (i === at || i - at > 12) return this.#fail(wireErrors.chunkSize);
    this.size = size;
    const extensions = i;
    if (bytes[i] === Byte.semicolon) {
      i = extensionsEnd(bytes, i);
      if (i < 0) return this.#fail(wireErrors.chunkExtension);
    }
    this.extensionBytes = i - extensions;
    if (bytes[i] === Byte.cr && i + 1 === lf) return true;
    if (i === lf) return this.#fail(wireErrors.bareLf);
    return this.#fail(i === extensions ? wireErrors.chunkSize : wireErrors.chunkExtension);
  }

  #fail(error: WireError): false {
    this.error = error;
    return false;
  }
}

const digits: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? 16 : digit;
});

/**
 * The end of `;name[=value]…` (RFC 9112 §7.1.1, without whitespace), -1 when malformed. Stops at the latest at the LF, which is nowhere
 * allowed.
 */
function extensionsEnd(bytes: Octets, at: number): number {
  while (bytes[at] === Byte.semicolon) {
    at = tokenEnd(bytes, at + 1);
    if (at < 0) return -1;
    if (bytes[at] !== Byte.equals) continue;
    at = bytes[at + 1] === Byte.quote ? quotedEnd(bytes, at + 2) : tokenEnd(bytes, at + 1);
    if (at < 0) return -1;
  }
  return at;
}

function tokenEnd(bytes: Octets, at: number): number {
  const start = at;
  while (tokenBytes[bytes[at]!] === 1) at++;
  return at === start ? -1 : at;
}

/** Only visible ASCII, SP and HTAB: nobody needs more, and parsers differ on it. */
function quotedEnd(bytes: Octets, at: number): number {
  for (; bytes[at] !== Byte.quote; at++) {
    if (bytes[at] === Byte.backslash) at++;
    const byte = bytes[at]!;
    if (byte !== Byte.tab && (byte < 32 || byte > 126)) return -1;
  }
  return at + 1;
}
