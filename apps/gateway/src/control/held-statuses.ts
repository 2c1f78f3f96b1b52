import type { Condition, GatewayStatus, Statuses } from '@fairlead/resources';

export interface HeldStatusesOptions {
  /** The status that the server has for Gateway `namespace/name`. */
  readonly observed: (gateway: string) => Partial<GatewayStatus> | undefined;
  readonly onWanted: (statuses: Statuses) => void;
}

/** Longer than it takes to open a port and to hear from all replicas. */
const holdMs = 1_000;

/**
 * A Gateway that serves is not said to be pending each time its spec changes, for the few milliseconds until all replicas have the new one: its
 * status is kept back for a second, in which it mostly becomes one that says that it serves.
 */
export class HeldStatuses {
  readonly #options: HeldStatusesOptions;
  /** Since when Gateways are held back. */
  readonly #sinceMs = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: HeldStatusesOptions) {
    this.#options = options;
  }

  want(statuses: Statuses): void {
    this.close();
    const nowMs = performance.now();
    const held = this.#findHeld(statuses, nowMs);
    if (held.length === 0) {
      this.#options.onWanted(statuses);
      return;
    }
    const gateways = new Map(statuses.gateways);
    for (const key of held) gateways.delete(key);
    this.#options.onWanted({ ...statuses, gateways });
    const oldestMs = Math.min(...held.map((key) => this.#sinceMs.get(key)!));
    this.#timer = setTimeout(() => this.want(statuses), Math.max(1, oldestMs + holdMs - nowMs));
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #findHeld(statuses: Statuses, nowMs: number): readonly string[] {
    const held: string[] = [];
    for (const key of this.#sinceMs.keys()) if (!statuses.gateways.has(key)) this.#sinceMs.delete(key);
    for (const [key, status] of statuses.gateways) {
      if (!becomesPending(status, this.#options.observed(key))) {
        this.#sinceMs.delete(key);
        continue;
      }
      const sinceMs = this.#sinceMs.get(key) ?? nowMs;
      this.#sinceMs.set(key, sinceMs);
      if (nowMs - sinceMs < holdMs) held.push(key);
    }
    return held;
  }
}

function becomesPending(wanted: GatewayStatus, observed: Partial<GatewayStatus> | undefined): boolean {
  return programmedOf(wanted)?.reason === 'Pending' && programmedOf(observed)?.status === 'True';
}

function programmedOf(status: Partial<GatewayStatus> | undefined): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Programmed');
}
