/** Hostnames here are lower case: exact, `*.example.com`, or '' for any. The wildcard stands for one or more whole labels. */

export function toHostname(text: string | undefined): string {
  return text === undefined ? '' : text.toLowerCase();
}

/** Some host satisfies both. */
export function intersects(a: string, b: string): boolean {
  if (a === '' || b === '' || a === b) return true;
  if (isWildcard(a)) return isUnder(b, a);
  return isWildcard(b) && isUnder(a, b);
}

/** `hostname`, exact or wildcard, lies in `wildcard` or, both being wildcards, the other way round. */
function isUnder(hostname: string, wildcard: string): boolean {
  const suffix = wildcard.slice(1);
  if (!isWildcard(hostname)) return hostname.length > suffix.length && hostname.endsWith(suffix);
  const other = hostname.slice(1);
  return other.endsWith(suffix) || suffix.endsWith(other);
}

export function isWildcard(hostname: string): boolean {
  return hostname.startsWith('*.');
}

/** Sorts the most specific first: exact, then wildcards with more labels, then any. Equal only for equal names. */
export function compareHostnames(a: string, b: string): number {
  return rank(a) - rank(b) || labelCount(b) - labelCount(a) || b.length - a.length || (a < b ? -1 : a > b ? 1 : 0);
}

function rank(hostname: string): number {
  if (hostname === '') return 2;
  return isWildcard(hostname) ? 1 : 0;
}

function labelCount(hostname: string): number {
  let count = 1;
  for (let i = 0; i < hostname.length; i++) if (hostname.charCodeAt(i) === 0x2e) count++;
  return count;
}
