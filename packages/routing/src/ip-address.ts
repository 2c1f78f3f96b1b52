/** The 32 or 128 bits of an IP address in text form, as a list of bytes; null when it is none. No zones, no leading zeros in IPv4. */
export function parseIp(text: string): readonly number[] | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): readonly number[] | null {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

/** RFC 4291 §2.2, with a dotted IPv4 tail allowed. */
function parseIpv6(text: string): readonly number[] | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function parseGroups(text: string, mayEndInIpv4: boolean): readonly number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    const ipv4 = mayEndInIpv4 && i === groups.length - 1 ? parseIpv4(group) : null;
    if (ipv4 !== null) bytes.push(...ipv4);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group))
      bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255);
    else return null;
  }
  return bytes;
}

/**
 * An address that must not be reached through a gateway shared with others: loopback, unspecified, link-local (cloud metadata lives there),
 * multicast, broadcast, and the metadata addresses outside link-local. Also when it comes as IPv4-mapped IPv6. True for what is no address.
 */
export function isLocalAddress(text: string): boolean {
  const bytes = parseIp(text);
  if (bytes === null) return true;
  if (bytes.length === 4) return isLocalIpv4(bytes);
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff)
    return isLocalIpv4(bytes.slice(12));
  const unspecifiedOrLoopback = bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15]! <= 1;
  const linkLocal = bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80;
  return unspecifiedOrLoopback || linkLocal || bytes[0] === 0xff || isAwsMetadata(bytes);
}

function isLocalIpv4(bytes: readonly number[]): boolean {
  const [a, b, c, d] = bytes as [number, number, number, number];
  if (a === 0 || a === 127 || (a === 169 && b === 254) || (a >= 224 && a < 240)) return true;
  if (a === 255 && b === 255 && c === 255 && d === 255) return true;
  // Alibaba Cloud's metadata service.
  return a === 100 && b === 100 && c === 100 && d === 200;
}

/** fd00:ec2::254 */
function isAwsMetadata(bytes: readonly number[]): boolean {
  const address = [0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54];
  return address.every((byte, i) => byte === bytes[i]);
}
