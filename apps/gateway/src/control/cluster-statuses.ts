import { type ClusterStore, type KubeApi, type KubeLog, ReplicaPresence, Replicas, StatusWriter } from '@fairlead/kube';
import type { Condition, GatewayStatus, KnownKind, Statuses } from '@fairlead/resources';
import { HeldStatuses, type HeldTable } from './held-statuses.ts';
import { formatGenerations, type Generations, parseGenerations, shortUid } from './served-gateways.ts';

export interface ClusterStatusesOptions {
  readonly api: KubeApi;
  /** For what has to be renewed in time. */
  readonly leaseApi: KubeApi;
  readonly store: ClusterStore;
  readonly controllerName: string;
  readonly fleet: { readonly namespace: string; readonly name: string };
  readonly podName: string;
  readonly podUid: string | null;
  /** Of this process. */
  readonly identity: string;
  readonly isLeader: () => boolean;
  readonly log: KubeLog;
  /** What `pendingOf` says may have changed. */
  readonly onPending: () => void;
}

/** What this replica tells the cluster: as any replica, what it serves; as the leader, the statuses of all objects. */
export class ClusterStatuses {
  readonly #options: ClusterStatusesOptions;
  readonly #writer: StatusWriter;
  readonly #presence: ReplicaPresence;
  readonly #held: HeldStatuses;
  /** As this replica tells others. */
  #applied = '';
  /** The others, while this one leads. */
  #replicas: Replicas | null = null;
  #leading: AbortController | null = null;
  #signal: AbortSignal = AbortSignal.abort();

  constructor(options: ClusterStatusesOptions) {
    const { api, leaseApi, store, controllerName, isLeader, log } = options;
    this.#options = options;
    this.#writer = new StatusWriter({ api, store, controllerName, isLeader, log });
    this.#presence = new ReplicaPresence({ ...options, api: leaseApi });
    this.#held = new HeldStatuses({
      observed: (table, key) => this.#conditionsOf(heldKinds[table], key),
      onWanted: (statuses) => this.#writer.want(statuses),
    });
  }

  /** Until `signal` aborts, and nothing is under way any more. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await Promise.all([this.#writer.run(signal), this.#presence.run(signal)]);
    this.#held.close();
  }

  /** What a compile gave. */
  want(statuses: Statuses): void {
    this.#held.want(statuses);
  }

  /** The server has other statuses than before. */
  noteObserved(): void {
    this.#writer.noteObserved();
  }

  /** Whether this replica leads has changed. */
  noteLeader(isLeader: boolean): void {
    this.#leading?.abort();
    this.#leading = null;
    this.#replicas = null;
    if (isLeader && !this.#signal.aborted) this.#followReplicas();
    this.#writer.noteObserved();
    this.#options.onPending();
  }

  /** What this replica serves has changed. */
  noteServed(served: Generations): void {
    this.#applied = formatGenerations(served);
    this.#presence.report(this.#applied);
    this.#options.onPending();
  }

  /** Resolves when no write is under way: another may lead then. */
  finish(): Promise<void> {
    return this.#writer.finish();
  }

  /**
   * Why the Gateway `namespace/name` does not serve on all replicas yet; null when it does, and on replicas that do not lead. What was
   * programmed once stays so while replicas come and go: one that does not serve yet takes no traffic.
   */
  pendingOf(gateway: string): string | null {
    const { store, identity } = this.#options;
    const object = store.observed('Gateway').get(gateway);
    if (this.#replicas === null || object === undefined) return null;
    const { uid, generation } = object;
    if (wasProgrammed(this.#conditionsOf('Gateway', gateway), generation)) return null;
    if (!this.#replicas.known) return 'the replicas are being looked for';
    const others = this.#replicas.live.filter((replica) => replica.identity !== identity);
    const all = [{ identity, applied: this.#applied }, ...others];
    const late = all.filter(({ applied }) => (parseGenerations(applied).get(shortUid(uid)) ?? -1) < generation);
    if (late.length === 0) return null;
    const names = late.map((replica) => replica.identity.replace(/_.*/, '')).join(', ');
    return `${all.length - late.length} of ${all.length} replicas serve generation ${generation}; missing: ${names}`;
  }

  #conditionsOf(kind: KnownKind, key: string): readonly Condition[] {
    const status = this.#options.store.observed(kind).get(key)?.status as GatewayStatus | undefined;
    return status?.conditions ?? [];
  }

  #followReplicas(): void {
    const { api, fleet, onPending } = this.#options;
    this.#leading = new AbortController();
    this.#replicas = new Replicas({ api, fleet, onChange: onPending });
    void this.#replicas.run(AbortSignal.any([this.#signal, this.#leading.signal]));
  }
}

const heldKinds: Readonly<Record<HeldTable, KnownKind>> = { gateways: 'Gateway', listenerSets: 'ListenerSet' };

function wasProgrammed(conditions: readonly Condition[], generation: number): boolean {
  const programmed = conditions.find(({ type }) => type === 'Programmed');
  return programmed?.status === 'True' && programmed.observedGeneration >= generation;
}
