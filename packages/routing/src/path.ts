/** What to do with `%2F` and `%5C`: backends disagree on whether they separate path elements, so they are refused unless asked for. */
export type EncodedSlashes = 'reject' | 'keep';

/**
 * The one form of a path that is matched and forwarded; null when it must be refused (400). `path` is the pathname of an origin-form target
 * without query, or `*`; the same string object comes back when it is already normal. Idempotent.
 *
 * Normal means: unreserved characters decoded and other escapes in upper case (RFC 3986 §6.2.2), no empty, `.` or `..` elements, nothing
 * raw that RFC 3986 keeps out of paths by octet (above 0x7e it is escaped). Refused, because readers disagree about them: `..` above the root, raw
 * backslashes, control characters raw or escaped, broken escapes, elements that are `.`, `..` or nothing once a `;parameter` is cut off,
 * and such elements hidden behind kept `%2F` or `%5C`.
 */
export function normalizePath(path: string, encodedSlashes: EncodedSlashes): string | null {
  if (isPlain(path)) return path;
  if (path === '*') return path;
  if (path.charCodeAt(0) !== slash) return null;
  const decoded = normalizeOctets(path, encodedSlashes);
  if (decoded === null) return null;
  const normal = removeDotElements(decoded);
  return normal === path ? path : normal;
}

const slash = 0x2f;
const dot = 0x2e;
const percent = 0x25;

/** What `isPlain` and `normalizeOctets` do with a raw octet. */
const Octet = { plain: 0, slash: 1, elementStart: 2, escape: 3, refuse: 4, encode: 5 } as const;

/** By octet. `.` and `;` matter only at the start of an element, or `;` behind dots there. */
const octets: Uint8Array = (() => {
  const table = new Uint8Array(256);
  for (let c = 0; c < 256; c++) if (c <= 0x20 || c === 0x7f) table[c] = Octet.refuse;
  for (let c = 0x80; c < 256; c++) table[c] = Octet.encode;
  for (const c of '\\?#') table[c.charCodeAt(0)] = Octet.refuse;
  table[slash] = Octet.slash;
  table[percent] = Octet.escape;
  for (const c of '.;') table[c.charCodeAt(0)] = Octet.elementStart;
  return table;
})();

/** One pass, the common case: every element is at least one plain octet that is not `.` or `;`, then anything unescaped. */
function isPlain(path: string): boolean {
  if (path.charCodeAt(0) !== slash) return false;
  let atStart = true;
  for (let i = 1; i < path.length; i++) {
    const c = path.charCodeAt(i);
    const kind = c < 256 ? octets[c]! : Octet.refuse;
    if (kind === Octet.plain) {
      atStart = false;
      continue;
    }
    if (atStart || kind > Octet.elementStart) return false;
    atStart = kind === Octet.slash;
  }
  return true;
}

/** Decodes what needs no escape, writes the other escapes in upper case; null for octets that are refused. */
function normalizeOctets(path: string, encodedSlashes: EncodedSlashes): string | null {
  let out = '';
  let copied = 0;
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i);
    const kind = c < 256 ? octets[c]! : Octet.refuse;
    if (kind === Octet.refuse) return null;
    if (kind < Octet.escape) continue;
    out += path.slice(copied, i);
    if (kind === Octet.encode) {
      out += escapeOctet(c);
      copied = i + 1;
      continue;
    }
    const octet = escapedOctet(path, i);
    if (octet < 0 || isRefusedEscape(octet, encodedSlashes)) return null;
    out += isUnreserved(octet) ? String.fromCharCode(octet) : escapeOctet(octet);
    i += 2;
    copied = i + 1;
  }
  return out + path.slice(copied);
}

function isRefusedEscape(octet: number, encodedSlashes: EncodedSlashes): boolean {
  if (octet < 0x20 || octet === 0x7f) return true;
  return encodedSlashes === 'reject' && (octet === slash || octet === 0x5c);
}

/** The octet that the escape at `at` stands for; -1 when it is not one. */
export function escapedOctet(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at + 1));
  const low = hexDigit(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** -1 for anything else, NaN included. */
function hexDigit(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

function escapeOctet(octet: number): string {
  return `%${octet < 16 ? '0' : ''}${octet.toString(16).toUpperCase()}`;
}

/** RFC 3986 §2.3. */
function isUnreserved(c: number): boolean {
  const lower = c | 0x20;
  if (lower >= 0x61 && lower <= 0x7a) return true;
  return (c >= 0x30 && c <= 0x39) || c === 0x2d || c === dot || c === 0x5f || c === 0x7e;
}

/** Resolves `.`, `..` and empty elements; a trailing slash stays. Null when an element is doubtful or `..` would leave the root. */
function removeDotElements(path: string): string | null {
  const kept: string[] = [];
  const elements = path.slice(1).split('/');
  const last = elements.length - 1;
  for (const [i, element] of elements.entries()) {
    if (element === '..') {
      if (kept.pop() === undefined) return null;
    } else if (element !== '' && element !== '.') {
      if (isDoubtful(element)) return null;
      kept.push(element);
      continue;
    }
    if (i === last) kept.push('');
  }
  return `/${kept.join('/')}`;
}

/** Some reader could see `.`, `..` or nothing in it: by cutting off parameters (`..;x`, `;x`) or by decoding a kept `%2F` or `%5C`. */
function isDoubtful(element: string): boolean {
  if (!element.includes(';') && !element.includes('%')) return false;
  return element.split(/%2F|%5C/).some((part, _, parts) => {
    const name = part.split(/;|%3B/, 1)[0]!;
    if (name === '.' || name === '..') return true;
    return name === '' && (parts.length === 1 || part !== '');
  });
}
