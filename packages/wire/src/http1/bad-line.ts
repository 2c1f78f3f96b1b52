import type { Octets } from '../octets.ts';
import { Byte, tokenBytes, valueBytes } from './byte-class.ts';
import { type WireError, wireErrors } from './wire-error.ts';

/** Why the field line `bytes[start, lf]`, which ends with LF, is none. */
export function explainFieldLine(bytes: Octets, start: number, lf: number): WireError {
  const first = bytes[start]!;
  if (first === Byte.lf) return wireErrors.bareLf;
  if (first === Byte.space || first === Byte.tab) return wireErrors.obsFold;
  if (first === Byte.colon) return wireErrors.emptyName;
  let at = start;
  while (tokenBytes[bytes[at]!] === 1) at++;
  const behind = bytes[at]!;
  if (behind === Byte.colon) return explainValue(bytes, at + 1, lf);
  if (behind === Byte.lf) return bytes[at - 1] === Byte.cr ? wireErrors.missingColon : wireErrors.bareLf;
  if (behind === Byte.cr) return at + 1 === lf ? wireErrors.missingColon : wireErrors.bareCr;
  if (behind === Byte.space || behind === Byte.tab) {
    while (bytes[at] === Byte.space || bytes[at] === Byte.tab) at++;
    return bytes[at] === Byte.colon ? wireErrors.spaceBeforeColon : wireErrors.missingColon;
  }
  return wireErrors.nameByte;
}

function explainValue(bytes: Octets, at: number, lf: number): WireError {
  while (valueBytes[bytes[at]!] === 1) at++;
  if (at === lf) return wireErrors.bareLf;
  return bytes[at] === Byte.cr ? wireErrors.bareCr : wireErrors.valueByte;
}

/** The offset of the next LF, -1 without. */
export function lineEnd(bytes: Octets, start: number, end: number): number {
  const lf = bytes.indexOf(Byte.lf, start);
  return lf < end ? lf : -1;
}
