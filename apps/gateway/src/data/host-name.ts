/** The host of an authority as tables know it: lower case, without port and without the trailing dot of an absolute name. */
export function hostName(authority: string): string {
  let end = authority.length;
  const bracket = authority.lastIndexOf(']');
  const colon = authority.lastIndexOf(':');
  if (colon > bracket) end = colon;
  if (end > 1 && authority.charCodeAt(end - 1) === dot) end--;
  const host = end === authority.length ? authority : authority.slice(0, end);
  return hasUpperCase(host) ? host.toLowerCase() : host;
}

const dot = 0x2e;

function hasUpperCase(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x41 && code <= 0x5a) return true;
  }
  return false;
}
