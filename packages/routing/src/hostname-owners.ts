import { isWildcard } from './hostnames.ts';

/** Hostnames with who has them, asked for one that meets a given name: `intersects` over all of them, without looking at all of them. */
export class HostnameOwners {
  #any: string | undefined = undefined;
  #some: string | undefined = undefined;
  readonly #exact: Map<string, string> = new Map();
  /** By what follows the `*`, with its dot. */
  readonly #wildcards: Map<string, string> = new Map();
  /** By suffix with its dot: some name, exact or wildcard, that lies under it. */
  readonly #under: Map<string, string> = new Map();

  /** A name that is there already stays with its first owner. */
  add(hostname: string, owner: string): void {
    this.#some ??= owner;
    if (hostname === '') this.#any ??= owner;
    else if (isWildcard(hostname)) addNew(this.#wildcards, hostname.slice(1), owner);
    else addNew(this.#exact, hostname, owner);
    for (const suffix of suffixesOf(hostname)) addNew(this.#under, suffix, owner);
  }

  /** Who has a name that intersects `hostname`; undefined when nobody does. */
  find(hostname: string): string | undefined {
    if (hostname === '') return this.#some;
    if (this.#any !== undefined) return this.#any;
    const same = isWildcard(hostname) ? this.#under.get(hostname.slice(1)) : this.#exact.get(hostname);
    if (same !== undefined) return same;
    for (const suffix of suffixesOf(hostname)) {
      const owner = this.#wildcards.get(suffix);
      if (owner !== undefined) return owner;
    }
    return undefined;
  }
}

/** `.b.c` and `.c` of `a.b.c` and of `*.b.c`. */
function suffixesOf(hostname: string): readonly string[] {
  const suffixes: string[] = [];
  for (let dot = hostname.indexOf('.', 1); dot >= 0; dot = hostname.indexOf('.', dot + 1)) {
    suffixes.push(hostname.slice(dot));
  }
  return suffixes;
}

function addNew(owners: Map<string, string>, name: string, owner: string): void {
  if (!owners.has(name)) owners.set(name, owner);
}
