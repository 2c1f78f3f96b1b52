import { internPeerName, isInterned, type NameInfo } from '@fairlead/message';
import type { Octets } from '../octets.ts';

const slots = 1024;
const known: (NameInfo | null)[] = new Array<NameInfo | null>(slots).fill(null);

/** The `NameInfo` of `bytes[start, end)`, a token, without making a string of a name seen before. `hash` is of these octets as they are. */
export function nameAt(hash: number, bytes: Octets, start: number, end: number): NameInfo {
  const slot = (hash ^ (hash >>> 15)) & (slots - 1);
  const candidate = known[slot]!;
  if (candidate !== null && spells(candidate.name, bytes, start, end)) return candidate;
  const name = internPeerName(bytes.latin1Slice(start, end));
  if (isInterned(name)) known[slot] = name;
  return name;
}

/** Whether the octets are this lower-case name in some case. */
function spells(name: string, bytes: Octets, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; start < end; i++, start++) {
    const byte = bytes[start]!;
    if (name.charCodeAt(i) !== (byte >= 65 && byte <= 90 ? byte + 32 : byte)) return false;
  }
  return true;
}
