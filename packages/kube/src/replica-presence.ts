import { type Clock, systemClock } from './clock.ts';
import type { KubeApi } from './kube-api.ts';
import { describeError, KubeApiError } from './kube-error.ts';
import { type LeaseRecord, leaseBody, leasesPath, microTime } from './lease-record.ts';
import type { KubeLog } from './log.ts';
import { appliedAnnotation, type ReplicaFleet, replicaDurationMs, replicaLabels } from './replica-record.ts';

export interface ReplicaPresenceOptions {
  readonly api: Pick<KubeApi, 'create' | 'mergePatch' | 'delete'>;
  readonly fleet: ReplicaFleet;
  readonly podName: string;
  /** With it the Lease goes when the Pod does, however it goes; null outside of Pods. */
  readonly podUid: string | null;
  /** Of this process and no other. */
  readonly identity: string;
  readonly log: KubeLog;
  readonly clock?: Clock;
  readonly wallClock?: () => Date;
}

/** A third of what others wait. */
const renewMs = replicaDurationMs / 3;
const retryMs = 1_000;
/** What is applied changes in bursts. */
const gapMs = 100;

/** Says that this replica lives and what it has applied, by a Lease of its own that it renews every 5 s and removes when it stops. */
export class ReplicaPresence {
  readonly #options: ReplicaPresenceOptions;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #path: string;
  #applied: string | null = null;
  #isNews = false;
  #failing = false;
  #waker = new AbortController();

  constructor(options: ReplicaPresenceOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#name = leaseName(options.podName);
    this.#path = `${leasesPath(options.fleet.namespace)}/${this.#name}`;
  }

  /** From now on others may know that this is applied here. The first report makes this replica one that counts. */
  report(applied: string): void {
    if (applied === this.#applied) return;
    this.#applied = applied;
    this.#isNews = true;
    this.#waker.abort();
  }

  /** Resolves after `signal` aborted and the Lease is gone. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const restMs = await this.#renew();
      await this.#clock.sleep(gapMs, signal);
      this.#waker = new AbortController();
      if (this.#isNews) continue;
      await this.#clock.sleep(restMs - gapMs, AbortSignal.any([signal, this.#waker.signal]));
    }
    // Others need not wait for it to expire. If that fails, they do.
    if (this.#applied !== null) await this.#options.api.delete(this.#path).catch(() => {});
  }

  /** In how many milliseconds the next time is due. */
  async #renew(): Promise<number> {
    if (this.#applied === null) return renewMs;
    this.#isNews = false;
    try {
      await this.#write(this.#applied);
      if (this.#failing) this.#options.log.info({ lease: this.#name }, 'other replicas know of this one again');
      this.#failing = false;
      return renewMs;
    } catch (error) {
      const fields = { lease: this.#name, error: describeError(error) };
      if (!this.#failing) this.#options.log.warn(fields, 'other replicas do not get to know of this one');
      this.#failing = true;
      return retryMs;
    }
  }

  async #write(applied: string): Promise<void> {
    const { api, fleet } = this.#options;
    const lease = this.#lease(applied);
    try {
      await api.mergePatch(this.#path, lease);
    } catch (error) {
      if (!(error instanceof KubeApiError) || error.status !== 404) throw error;
      await api.create(leasesPath(fleet.namespace), lease);
    }
  }

  #lease(applied: string): LeaseRecord {
    const { fleet, podName, podUid, identity, wallClock = () => new Date() } = this.#options;
    const owner = { apiVersion: 'v1', kind: 'Pod', name: podName, uid: podUid };
    const metadata = {
      name: this.#name,
      namespace: fleet.namespace,
      labels: replicaLabels(fleet),
      annotations: { [appliedAnnotation]: applied },
      ...(podUid === null ? {} : { ownerReferences: [owner] }),
    };
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: replicaDurationMs / 1_000,
      renewTime: microTime(wallClock()),
    };
    return leaseBody(metadata, spec);
  }
}

/** Names of hosts, outside of Pods, may be no names of objects. */
function leaseName(podName: string): string {
  const name = podName.toLowerCase().replace(/[^a-z0-9.-]+/g, '-');
  return `replica-${name}`.slice(0, 253).replace(/[^a-z0-9]+$/, '');
}
