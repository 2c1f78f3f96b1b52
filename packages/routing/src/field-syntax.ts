/** What may stand in a field: the patterns of the API's schema, which manifests from a directory have not been through. */

const token = /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;

/** RFC 9110 token: header names, cookie names, methods. */
export function isToken(text: string): boolean {
  return token.test(text);
}

/** "Must consist of printable US-ASCII characters, optionally separated by … tabs or spaces". No way to smuggle a line break into a head. */
export function isHeaderValue(text: string): boolean {
  return /^[\t\x20-\x7e]+$/.test(text) && text.trim() === text;
}

/** A DNS name in lower or upper case: no wildcard, no IP address. */
export function isPreciseHostname(text: string): boolean {
  return (
    text.length <= 253 && /^(?![0-9.]+$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/i.test(text)
  );
}

/** Like `isPreciseHostname`, or with `*.` in front. */
export function isRouteHostname(text: string): boolean {
  return isPreciseHostname(text.startsWith('*.') ? text.slice(2) : text);
}

/** Why `path` can't be an Exact or PathPrefix value; null when it can. */
export function checkPath(path: string): string | null {
  if (!path.startsWith('/')) return 'must start with "/"';
  for (const part of ['//', '/./', '/../', '%2f', '%2F', '#'])
    if (path.includes(part)) return `must not contain "${part}"`;
  for (const end of ['/.', '/..']) if (path.endsWith(end)) return `must not end with "${end}"`;
  return isPathText(path) ? null : 'must consist of path characters of RFC 3986; percent-encode others';
}

/** Path characters and percent-encoded octets only: no query, no fragment, no spaces. */
export function isPathText(path: string): boolean {
  return /^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/.test(path);
}
