import type { Condition, Statuses } from '@fairlead/resources';

/** By the name of their table. */
export type HeldTable = 'gateways' | 'listenerSets';

export interface HeldStatusesOptions {
  /** The conditions that the server has for an object, by `namespace/name`. */
  readonly observed: (table: HeldTable, key: string) => readonly Condition[];
  readonly onWanted: (statuses: Statuses) => void;
}

/** Longer than it takes to open a port and to hear from all replicas. */
const holdMs = 1_000;

/**
 * A Gateway that serves is not said to be pending each time its spec changes, for the few milliseconds until all replicas have the new one: its
 * status, and those of its ListenerSets, are kept back for a second, in which they mostly become ones that say that it serves.
 */
export class HeldStatuses {
  readonly #options: HeldStatusesOptions;
  /** Since when objects are held back, by table and key. */
  #sinceMs: ReadonlyMap<string, number> = new Map();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: HeldStatusesOptions) {
    this.#options = options;
  }

  want(statuses: Statuses): void {
    this.close();
    const nowMs = performance.now();
    const sinceMs = new Map<string, number>();
    const gateways = this.#withoutHeld('gateways', statuses.gateways, sinceMs, nowMs);
    const listenerSets = this.#withoutHeld('listenerSets', statuses.listenerSets, sinceMs, nowMs);
    this.#sinceMs = sinceMs;
    const isHeld = gateways !== statuses.gateways || listenerSets !== statuses.listenerSets;
    this.#options.onWanted(isHeld ? { ...statuses, gateways, listenerSets } : statuses);
    if (!isHeld) return;
    const young = [...sinceMs.values()].filter((one) => nowMs - one < holdMs);
    this.#timer = setTimeout(() => this.want(statuses), Math.max(1, Math.min(...young) + holdMs - nowMs));
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** `wanted` itself when nothing of it is held back. */
  #withoutHeld<Status extends { readonly conditions: readonly Condition[] }>(
    table: HeldTable,
    wanted: ReadonlyMap<string, Status>,
    sinceMs: Map<string, number>,
    nowMs: number,
  ): ReadonlyMap<string, Status> {
    const held = new Set<string>();
    for (const [key, { conditions }] of wanted) {
      if (!becomesPending(conditions, this.#options.observed(table, key))) continue;
      const id = `${table} ${key}`;
      const since = this.#sinceMs.get(id) ?? nowMs;
      sinceMs.set(id, since);
      if (nowMs - since < holdMs) held.add(key);
    }
    return held.size === 0 ? wanted : new Map([...wanted].filter(([key]) => !held.has(key)));
  }
}

function becomesPending(wanted: readonly Condition[], observed: readonly Condition[]): boolean {
  const { status, reason } = wanted.find(({ type }) => type === 'Programmed') ?? {};
  if (status !== 'False' || (reason !== 'Pending' && reason !== 'ParentNotProgrammed')) return false;
  return observed.some((condition) => condition.type === 'Programmed' && condition.status === 'True');
}
