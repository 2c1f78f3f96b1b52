/**
 * The origins that a CORS filter allows. "`*` is a greedy match to the left, including any number of DNS labels"; a port that is not
 * written is the scheme's, on both sides.
 */
export class AllowedOrigins {
  /** Only `*`: every origin, also the opaque `null`. */
  readonly any: boolean;
  readonly #exact: Set<string> = new Set();
  readonly #wildcards: WildcardOrigin[] = [];

  constructor(allowed: readonly string[]) {
    this.any = allowed.includes('*');
    for (const text of allowed) {
      const origin = parseOrigin(text);
      if (origin === null) continue;
      if (origin.host.startsWith('*'))
        this.#wildcards.push({ scheme: origin.scheme, suffix: origin.host.slice(1), port: origin.port });
      else this.#exact.add(keyOf(origin));
    }
  }

  /** `text` is the value of a request's `Origin`. */
  allow(text: string): boolean {
    if (this.any) return true;
    const origin = parseOrigin(text);
    if (origin === null) return false;
    return this.#exact.has(keyOf(origin)) || this.#wildcards.some((wildcard) => isUnder(origin, wildcard));
  }
}

interface Origin {
  readonly scheme: string;
  /** Lower case, in brackets for IPv6. */
  readonly host: string;
  readonly port: string;
}

interface WildcardOrigin {
  readonly scheme: string;
  /** What follows the `*`; '' for any host. */
  readonly suffix: string;
  readonly port: string;
}

function keyOf({ scheme, host, port }: Origin): string {
  return `${scheme}://${host}:${port}`;
}

function isUnder(origin: Origin, { scheme, suffix, port }: WildcardOrigin): boolean {
  if (origin.scheme !== scheme || origin.port !== port) return false;
  return origin.host.length > suffix.length && origin.host.endsWith(suffix);
}

const wellKnownPorts: ReadonlyMap<string, string> = new Map([
  ['http', '80'],
  ['https', '443'],
]);

/** `scheme://host(:port)`; null for anything else, such as `null` or schemes other than http and https. */
function parseOrigin(text: string): Origin | null {
  const lower = text.toLowerCase();
  const colon = lower.indexOf('://');
  const scheme = lower.slice(0, Math.max(colon, 0));
  const wellKnownPort = wellKnownPorts.get(scheme);
  if (wellKnownPort === undefined) return null;
  const authority = lower.slice(colon + 3);
  const portAt = authority.indexOf(':', authority.lastIndexOf(']') + 1);
  const host = portAt < 0 ? authority : authority.slice(0, portAt);
  const port = portAt < 0 ? wellKnownPort : authority.slice(portAt + 1);
  return host === '' ? null : { scheme, host, port };
}
