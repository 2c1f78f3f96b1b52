import type { Octets } from '../octets.ts';
import { Byte, valueBytes } from './byte-class.ts';

/** Longer status lines are refused. */
export const maxStatusLineBytes = 1024;

/** `HTTP/1.` */
const prefix: readonly number[] = [72, 84, 84, 80, 47, 49, 46];

/** Reads status lines. `status` and `http10` hold the outcome of the last call. */
export class StatusLineReader {
  status: number = 0;
  http10: boolean = false;

  /**
   * Returns the offset behind the line; `at` when it is not whole; -1 when it is none. The reason phrase is checked and dropped; the space
   * before it may lack when it is empty, as many servers have it.
   */
  read(bytes: Octets, at: number, end: number): number {
    if (bytes[at] !== prefix[0]) return -1;
    const stop = Math.min(end, at + maxStatusLineBytes);
    let i = at;
    while (i < stop && bytes[i] !== Byte.lf) i++;
    if (i === stop) return end - at > maxStatusLineBytes ? -1 : at;
    return this.#readWhole(bytes, at, i) ? i + 1 : -1;
  }

  #readWhole(bytes: Octets, at: number, lf: number): boolean {
    for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false;
    const minor = bytes[at + 7]! - 48;
    if ((minor !== 0 && minor !== 1) || bytes[at + 8] !== Byte.space) return false;
    this.http10 = minor === 0;
    this.status = statusAt(bytes, at + 9);
    if (this.status < 100 || this.status > 999) return false;
    let i = at + 12;
    if (bytes[i] === Byte.space) i++;
    else if (bytes[i] !== Byte.cr) return false;
    while (valueBytes[bytes[i]!] === 1) i++;
    return bytes[i] === Byte.cr && i + 1 === lf;
  }
}

/** Three digits; -1 when they are not. */
function statusAt(bytes: Octets, at: number): number {
  let status = 0;
  for (let i = at; i < at + 3; i++) {
    const digit = bytes[i]! - 48;
    if (digit < 0 || digit > 9) return -1;
    status = status * 10 + digit;
  }
  return status;
}
