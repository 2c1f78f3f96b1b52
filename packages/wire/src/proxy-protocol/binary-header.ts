import type { ProxiedClient, ProxyHeader } from '../proxy-protocol.ts';
import { crc32c } from './crc32c.ts';
import { ipv6Text } from './ip-text.ts';

const versionAt = 12;
const familyAt = 13;
const addressesAt = 16;

/** By the family's high nibble: octets of both addresses and, but for UNIX, both ports. */
const addressBytes: readonly number[] = [0, 12, 36, 216];
const Family = { unspecified: 0, ipv4: 1, ipv6: 2 } as const;
const maxTransport = 2;
const crcType = 3;

/** Version 2: 16 octets with signature and length, then as many as that says. Null when it is malformed. */
export function readBinaryHeader(bytes: Uint8Array): ProxyHeader | null {
  const version = bytes[versionAt]! >> 4;
  const command = bytes[versionAt]! & 15;
  if (version !== 2 || command > 1) return null;
  // LOCAL: what it says of families and addresses is to be ignored.
  if (command === 0) return { client: null };
  return readProxied(bytes, bytes[familyAt]! >> 4, bytes[familyAt]! & 15);
}

function readProxied(bytes: Uint8Array, family: number, transport: number): ProxyHeader | null {
  const size = addressBytes[family];
  // Family and transport are both unspecified, or neither is.
  if (size === undefined || transport > maxTransport || (family === 0) !== (transport === 0)) return null;
  // Where extensions begin isn't known without a family, and nothing of it is to be used.
  if (family === Family.unspecified) return { client: null };
  if (addressesAt + size > bytes.length || !areExtensionsSound(bytes, addressesAt + size)) return null;
  return { client: clientOf(bytes, family) };
}

/** A datagram's sender is as good a client: a proxy may have spoken HTTP/3 with it. */
function clientOf(bytes: Uint8Array, family: number): ProxiedClient | null {
  if (family === Family.ipv4) {
    return { address: bytes.subarray(addressesAt, addressesAt + 4).join('.'), port: read16(bytes, addressesAt + 8) };
  }
  if (family !== Family.ipv6) return null;
  const groups = Array.from({ length: 8 }, (_, i) => read16(bytes, addressesAt + 2 * i));
  return { address: ipv6Text(groups), port: read16(bytes, addressesAt + 32) };
}

/** Type, length, value, one behind the other up to the end. Nothing of them is used but the checksum. */
function areExtensionsSound(bytes: Uint8Array, start: number): boolean {
  let at = start;
  let crcs = 0;
  while (at < bytes.length) {
    if (at + 3 > bytes.length) return false;
    const end = at + 3 + read16(bytes, at + 1);
    if (end > bytes.length) return false;
    if (bytes[at] === crcType && (++crcs > 1 || !isIntact(bytes, at + 3, end))) return false;
    at = end;
  }
  return true;
}

/** The checksum is made over the whole header with 0 in its own place. */
function isIntact(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at !== 4) return false;
  return crc32c(bytes, at, end) === read16(bytes, at) * 65_536 + read16(bytes, at + 2);
}

function read16(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 256 + bytes[at + 1]!;
}
