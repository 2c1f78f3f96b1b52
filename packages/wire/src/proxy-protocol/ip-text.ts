const decimalPart = /^(0|[1-9][0-9]{0,2})$/;
const hexPart = /^[0-9a-fA-F]{1,4}$/;

/** The same text; null unless it is four decimal numbers without leading zeros. */
export function toIpv4(text: string): string | null {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => decimalPart.test(part) && Number(part) <= 255) ? text : null;
}

/** Written as RFC 5952 wants it; null when it is no address (RFC 4291 §2.2). */
export function toIpv6(text: string): string | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = toGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? toGroups(halves[1]!, true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  return ipv6Text([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** `groups`: eight numbers of 16 bits. IPv4 where the address is one in disguise (RFC 4291 §2.5.5.2). */
export function ipv6Text(groups: readonly number[]): string {
  const [a, b, c, d, e, f, g, h] = groups as [number, number, number, number, number, number, number, number];
  if ((a | b | c | d | e) === 0 && f === 0xffff) return `${g >> 8}.${g & 255}.${h >> 8}.${h & 255}`;
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** `last`: its last group may be an IPv4 address, which makes two. '' is no groups. */
function toGroups(text: string, last: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const ipv4 = last && parts.at(-1)!.includes('.') ? toIpv4(parts.pop()!) : '';
  if (ipv4 === null || !parts.every((part) => hexPart.test(part))) return null;
  const groups = parts.map((part) => Number.parseInt(part, 16));
  if (ipv4 === '') return groups;
  const [a, b, c, d] = ipv4.split('.').map(Number) as [number, number, number, number];
  return [...groups, a * 256 + b, c * 256 + d];
}

/** The first of the longest. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, i) => {
    if (group !== 0) start = i + 1;
    else if (i + 1 - start > best.length) best = { start, length: i + 1 - start };
  });
  return best;
}
