/** Octets by value: 1 where a byte may stand. Tables, because the scanner asks for every byte of every head. */

/** `tchar` of RFC 9110 §5.6.2. */
export const tokenBytes: Uint8Array = classOf((text) => /[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(text));

/** `tchar` without capitals: names of HTTP/2 (RFC 9113 §8.2). */
export const lowerTokenBytes: Uint8Array = classOf((text) => /[!#$%&'*+\-.^_`|~0-9a-z]/.test(text));

/** Of field values and reason phrases: HTAB, SP, visible, obs-text (RFC 9110 §5.5). */
export const valueBytes: Uint8Array = classOf((text) => /[\t\x20-\x7e\x80-\xff]/.test(text));

/** Of request targets: visible ASCII without `#`, since a fragment is never sent. */
export const targetBytes: Uint8Array = classOf((text) => /[!-"$-~]/.test(text));

function classOf(allowed: (text: string) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (allowed(String.fromCharCode(byte)) ? 1 : 0));
}

export const Byte = {
  tab: 9,
  lf: 10,
  cr: 13,
  space: 32,
  quote: 34,
  colon: 58,
  semicolon: 59,
  equals: 61,
  backslash: 92,
} as const;
