/**
 * Whether this is `name`, `name:port`, `address:port` or `[v6]:port` as a gateway can route it: RFC 3986's host without percent-encoding and
 * sub-delimiters, which no host has; no userinfo, no empty label, port 1–65535 when a colon is there.
 */
export function isAuthority(text: string): boolean {
  const match = authority.exec(text);
  if (match === null) return false;
  const [, name, address, port] = match;
  if (port !== undefined && !isPort(Number(port))) return false;
  return address === undefined ? name!.length <= 254 : isAddress6(address);
}

// Linear: the classes of neighbouring parts do not overlap.
const authority = /^(?:((?:[0-9A-Za-z_~-]+\.)*[0-9A-Za-z_~-]+\.?)|\[([0-9A-Fa-f:.]+)\])(?::(\d{1,5}))?$/;

function isPort(port: number): boolean {
  return port >= 1 && port <= 65_535;
}

function isAddress6(text: string): boolean {
  const parts = withoutDotted(text).split('::');
  if (parts.length > 2) return false;
  const groups = parts.flatMap((part) => (part === '' ? [] : part.split(':')));
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return false;
  return parts.length === 2 ? groups.length <= 7 : groups.length === 8;
}

/** Its last 32 bits may be written as an IPv4 address. Anything else with a dot keeps it, and is refused for it. */
function withoutDotted(text: string): string {
  const match = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null || match.slice(2).some((part) => Number(part) > 255)) return text;
  return `${match[1]}0:0`;
}

/** Whether two authorities name the same host and port, by the scheme's default port where none is given. */
export function sameAuthority(left: string, right: string, scheme: 'http' | 'https'): boolean {
  return left === right || normal(left, scheme) === normal(right, scheme);
}

function normal(text: string, scheme: 'http' | 'https'): string {
  const port = scheme === 'http' ? ':80' : ':443';
  const lower = text.toLowerCase();
  return lower.endsWith(port) && !lower.endsWith(`:${port}`) ? lower.slice(0, -port.length) : lower;
}
