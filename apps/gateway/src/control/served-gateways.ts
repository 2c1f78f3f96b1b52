import type { Gateway } from '@fairlead/resources';
import type { Bind } from '@fairlead/routing';

/** The generation of each Gateway that all workers of a replica serve, by uid. */
export type Generations = ReadonlyMap<string, number>;

export interface ServedGatewaysOptions {
  /** The sockets that are wanted, and what became of them by key: null when one serves. */
  readonly binds: () => { readonly wanted: Iterable<Bind>; readonly states: ReadonlyMap<string, string | null> };
  readonly onChange: (served: Generations) => void;
}

/**
 * Knows which generations of Gateways are served here: they were published, every worker has applied that, and their sockets are open. A Gateway
 * none of whose ports is known yet is not served. What was served counts as such until there is something newer, or the Gateway is gone.
 */
export class ServedGateways {
  readonly #options: ServedGatewaysOptions;
  #published: { readonly gateways: readonly Gateway[]; readonly version: number } | null = null;
  #appliedVersion = 0;
  #served: Generations | null = null;

  constructor(options: ServedGatewaysOptions) {
    this.#options = options;
  }

  /** `gateways`, all of ours, became this version of the table. */
  notePublished(gateways: readonly Gateway[], version: number): void {
    this.#published = { gateways, version };
    this.look();
  }

  /** All workers have applied this version. */
  noteApplied(version: number): void {
    this.#appliedVersion = version;
    this.look();
  }

  /** Sockets may have opened or closed. */
  look(): void {
    const published = this.#published;
    if (published === null || this.#appliedVersion < published.version) return;
    const open = this.#open();
    const served = new Map<string, number>();
    for (const { metadata } of published.gateways) {
      const { uid = '', generation = 0, namespace = '', name } = metadata;
      const before = this.#served?.get(uid);
      if (open.get(`${namespace}/${name}`) === true) served.set(uid, generation);
      else if (before !== undefined) served.set(uid, before);
    }
    if (this.#served !== null && isSame(this.#served, served)) return;
    this.#served = served;
    this.#options.onChange(served);
  }

  /** Whether all sockets of a Gateway are open, by `namespace/name`. */
  #open(): ReadonlyMap<string, boolean> {
    const { wanted, states } = this.#options.binds();
    const open = new Map<string, boolean>();
    for (const { key, listeners } of wanted) {
      const serves = states.get(key) === null;
      for (const { gateway } of listeners) {
        const name = `${gateway.namespace}/${gateway.name}`;
        open.set(name, (open.get(name) ?? true) && serves);
      }
    }
    return open;
  }
}

/** As a replica puts it into its Lease: some 15 bytes for each Gateway. */
export function formatGenerations(served: Generations): string {
  return [...served]
    .map(([uid, generation]) => `${shortUid(uid)}=${generation}`)
    .sort()
    .join(' ');
}

/** By `shortUid`. What can't be read is left out. */
export function parseGenerations(text: string): Generations {
  const pairs = text.split(' ').map((part) => part.split('='));
  return new Map(
    pairs.flatMap(([uid = '', number = '']) => (/^[0-9]+$/.test(number) ? [[uid, Number(number)] as const] : [])),
  );
}

/** Enough of a random UUID to tell Gateways apart. */
export function shortUid(uid: string): string {
  return uid.replaceAll('-', '').slice(0, 12);
}

function isSame(a: Generations, b: Generations): boolean {
  return a.size === b.size && [...a].every(([uid, generation]) => b.get(uid) === generation);
}
