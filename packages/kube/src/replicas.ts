import { type Clock, systemClock } from './clock.ts';
import type { KubeApi } from './kube-api.ts';
import { type LeaseRecord, leasesPath } from './lease-record.ts';
import type { RawObject } from './raw-object.ts';
import { Reflector, type ReflectorTiming, type Versioned } from './reflector.ts';
import { appliedAnnotation, type ReplicaFleet, replicaDurationMs, replicaLabels } from './replica-record.ts';

/** A replica as others see it. */
export interface Replica {
  readonly identity: string;
  readonly applied: string;
}

export interface ReplicasOptions {
  readonly api: KubeApi;
  readonly fleet: ReplicaFleet;
  /** Somebody came, went, or applied something. */
  readonly onChange: () => void;
  readonly clock?: Clock;
  /** 0 … 1 */
  readonly random?: () => number;
  readonly timing?: Partial<ReflectorTiming>;
}

interface SeenReplica extends Versioned, Replica {
  /** When this version of its Lease was first seen, by the own clock. */
  readonly sinceMs: number;
}

/**
 * The live replicas of a fleet, by their Leases. A replica is live for 15 s after its Lease was last seen to change; what its clock says does
 * not matter. One whose process was replaced in the same Pod is another one.
 */
export class Replicas {
  readonly #options: ReplicasOptions;
  readonly #clock: Clock;
  readonly #reflector: Reflector<SeenReplica>;
  readonly #expired = new Set<string>();

  constructor(options: ReplicasOptions) {
    const { api, fleet, random = Math.random, timing = {}, onChange } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#reflector = new Reflector<SeenReplica>({
      api,
      locate: async () => leasesPath(fleet.namespace),
      labelSelector: Object.entries(replicaLabels(fleet))
        .map(([name, value]) => `${name}=${value}`)
        .join(','),
      read: (raw) => this.#read(raw),
      onChange: (key) => {
        this.#expired.delete(key);
        onChange();
      },
      onState: onChange,
      random,
      streaming: { supported: true },
      timing,
    });
  }

  /** Follows them until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#reflector.run(signal), this.#watchExpiry(signal)]);
  }

  /** Whether `live` can be relied on: they were all told, or it is certain that they will not be. */
  get known(): boolean {
    const { listed, state } = this.#reflector;
    return listed || (state.is === 'failing' && state.error.status === 403);
  }

  get live(): readonly Replica[] {
    return [...this.#reflector.objects.values()].filter((replica) => this.#isLive(replica));
  }

  #isLive({ sinceMs }: SeenReplica): boolean {
    return this.#clock.nowMs() - sinceMs < replicaDurationMs;
  }

  #read(raw: RawObject): SeenReplica {
    const { metadata, spec } = raw as unknown as LeaseRecord & RawObject;
    return {
      resourceVersion: raw.metadata.resourceVersion,
      identity: spec?.holderIdentity ?? metadata.name,
      applied: metadata.annotations?.[appliedAnnotation] ?? '',
      sinceMs: this.#clock.nowMs(),
    };
  }

  /** Nothing happens when somebody is gone: that has to be looked for. */
  async #watchExpiry(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(replicaDurationMs / 15, signal);
      for (const [key, replica] of this.#reflector.objects) {
        if (this.#isLive(replica) || this.#expired.has(key)) continue;
        this.#expired.add(key);
        this.#options.onChange();
      }
    }
  }
}
