import type { EntryList } from './entry-list.ts';

/** A path prefix of a host table and what stands under it. */
export interface PrefixNode {
  /** Without trailing slash; '' for the root. */
  readonly prefix: string;
  readonly entries: EntryList;
  /** Another prefix of the same hash. */
  next: PrefixNode | null;
}

/**
 * Finds all prefixes of a path, on element boundaries, that are in the index: one pass over the path with a rolling hash, one look-up
 * per boundary. No substring is made (with a Map of strings each boundary would cost a slice and its hash), and the
 * number of prefixes in the index does not matter.
 */
export class PrefixIndex {
  readonly #byHash: Map<number, PrefixNode> = new Map();
  /** No shorter than the longest prefix: hashing ends there. */
  #longest: number = 0;

  get(prefix: string): PrefixNode | null {
    let node = this.#byHash.get(hashOf(prefix)) ?? null;
    while (node !== null && node.prefix !== prefix) node = node.next;
    return node;
  }

  /** `prefix` must not be in the index. */
  add(prefix: string, entries: EntryList): PrefixNode {
    const hash = hashOf(prefix);
    const node: PrefixNode = { prefix, entries, next: this.#byHash.get(hash) ?? null };
    this.#byHash.set(hash, node);
    this.#longest = Math.max(this.#longest, prefix.length);
    return node;
  }

  remove(node: PrefixNode): void {
    const hash = hashOf(node.prefix);
    const first = this.#byHash.get(hash)!;
    if (first !== node) {
      let before = first;
      while (before.next !== node) before = before.next!;
      before.next = node.next;
    } else if (node.next !== null) this.#byHash.set(hash, node.next);
    else this.#byHash.delete(hash);
  }

  /** Writes the prefixes of `path` to `found`, shortest first; returns their number. */
  collect(path: string, found: PrefixNode[]): number {
    const end = Math.min(path.length, this.#longest);
    let count = this.#collectAt(path, 0, emptyHash, found, 0);
    let hash = emptyHash;
    for (let i = 0; i < end; i++) {
      const code = path.charCodeAt(i);
      if (code === slash && i > 0) count = this.#collectAt(path, i, hash, found, count);
      hash = extendHash(hash, code);
    }
    const atBoundary = end > 0 && (end === path.length || path.charCodeAt(end) === slash);
    if (atBoundary) count = this.#collectAt(path, end, hash, found, count);
    return count;
  }

  #collectAt(path: string, length: number, hash: number, found: PrefixNode[], count: number): number {
    let node = this.#byHash.get(hash) ?? null;
    while (node !== null) {
      if (node.prefix.length === length && path.startsWith(node.prefix)) found[count++] = node;
      node = node.next;
    }
    return count;
  }
}

const slash = 0x2f;
const emptyHash = 5381;

/** 30 bits, so that V8 keeps it a small integer. Collisions come from configuration only: a client can't add prefixes. */
function extendHash(hash: number, code: number): number {
  return (Math.imul(hash, 33) ^ code) & 0x3fffffff;
}

function hashOf(text: string): number {
  let hash = emptyHash;
  for (let i = 0; i < text.length; i++) hash = extendHash(hash, text.charCodeAt(i));
  return hash;
}
