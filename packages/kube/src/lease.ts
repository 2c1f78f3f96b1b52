import { type Clock, systemClock } from './clock.ts';
import type { KubeApi } from './kube-api.ts';
import { describeError, KubeApiError } from './kube-error.ts';
import { type LeaseRecord, leaseBody, leasesPath, microTime } from './lease-record.ts';
import type { KubeLog } from './log.ts';

export interface LeaseOptions {
  /** Its calls should give up before the renewal deadline: one that hangs must leave time for another. */
  readonly api: Pick<KubeApi, 'get' | 'create' | 'update'>;
  readonly namespace: string;
  readonly name: string;
  /** Of this process and no other, ever: a process that starts again is another one. */
  readonly identity: string;
  readonly onChange: (isLeader: boolean) => void;
  /** The last chance to finish what was begun as leader, before another may follow. Must not reject, nor take long. */
  readonly beforeRelease?: () => Promise<void>;
  readonly log: KubeLog;
  readonly clock?: Clock;
  readonly wallClock?: () => Date;
  /** 0 … 1 */
  readonly random?: () => number;
  readonly timing?: Partial<LeaseTiming>;
}

export interface LeaseTiming {
  /** For how long a record that does not change keeps others away. */
  readonly durationMs: number;
  /** For how long after the beginning of its last renewal a leader is one. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

const defaultTiming: LeaseTiming = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/**
 * Elects one leader among all who run with the same name. Wall clocks are not compared: a leader counts from when it began to ask for its last
 * renewal, the others from when they last saw the record change, each by its own monotonic clock, and every write demands that nobody wrote
 * between. There are never two as long as no clock runs half as fast again as another (15 s against 10 s), whatever happens to messages and
 * however long a process stands still.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #timing: LeaseTiming;
  readonly #clock: Clock;
  readonly #path: string;
  #seen: Seen | null = null;
  #leaderUntilMs = Number.NEGATIVE_INFINITY;
  /** What is there now may be something else than what was seen. */
  #isStale = false;
  #told = false;
  #expiry = new AbortController();
  #lastError = '';

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#clock = options.clock ?? systemClock;
    this.#path = `${leasesPath(options.namespace)}/${options.name}`;
  }

  /** At this very moment. To be asked before each deed: `onChange` comes when the event loop has time for it. */
  get isLeader(): boolean {
    return this.#clock.nowMs() < this.#leaderUntilMs;
  }

  /** `identity` of whoever holds it, as far as is known; '' for nobody. */
  get holder(): string {
    return this.#seen?.record.spec?.holderIdentity ?? '';
  }

  /** Resolves after `signal` aborted and what is held was released. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { random = Math.random } = this.#options;
    while (!signal.aborted) {
      await this.#try();
      // Followers that ask at different times find a free lease sooner.
      await this.#clock.sleep(this.#timing.retryMs * (0.9 + random() / 5), signal);
    }
    await this.#release();
  }

  async #try(): Promise<void> {
    try {
      if (!this.#isMine || this.#isStale) await this.#look();
      if (this.#seen === null) await this.#create();
      else if (this.#isMine || this.#isFree(this.#seen)) await this.#take(this.#seen);
      this.#lastError = '';
    } catch (error) {
      this.#noteFailure(error);
    }
    this.#tell();
  }

  get #isMine(): boolean {
    return this.#seen?.record.spec?.holderIdentity === this.#options.identity;
  }

  #isFree({ record: { spec }, sinceMs }: Seen): boolean {
    if (!spec?.holderIdentity) return true;
    const durationMs = Math.max(this.#timing.durationMs, (spec.leaseDurationSeconds ?? 0) * 1_000);
    return this.#clock.nowMs() - sinceMs >= durationMs;
  }

  async #look(): Promise<void> {
    try {
      this.#note(await this.#options.api.get<LeaseRecord>(this.#path));
    } catch (error) {
      if (!(error instanceof KubeApiError) || error.status !== 404) throw error;
      this.#seen = null;
    }
  }

  async #create(): Promise<void> {
    const { api, namespace, name } = this.#options;
    const startMs = this.#clock.nowMs();
    const body = leaseBody({ name, namespace }, this.#claim(undefined));
    this.#noteHeld(await api.create<LeaseRecord>(leasesPath(namespace), body), startMs);
  }

  async #take({ record }: Seen): Promise<void> {
    const startMs = this.#clock.nowMs();
    const body = leaseBody(record.metadata, this.#claim(record));
    const answer = await this.#options.api.update<LeaseRecord>(this.#path, body);
    // The same text as before is no write: others see no change and go on counting.
    if (answer.metadata.resourceVersion === record.metadata.resourceVersion) return;
    this.#noteHeld(answer, startMs);
  }

  #claim(before: LeaseRecord | undefined): LeaseRecord['spec'] & object {
    const { identity, wallClock = () => new Date() } = this.#options;
    const now = microTime(wallClock());
    const { holderIdentity, acquireTime = now, leaseTransitions = 0 } = before?.spec ?? {};
    const isRenewal = holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(this.#timing.durationMs / 1_000),
      acquireTime: isRenewal ? acquireTime : now,
      renewTime: now,
      leaseTransitions: before === undefined || isRenewal ? leaseTransitions : leaseTransitions + 1,
    };
  }

  #noteHeld(answer: LeaseRecord, startMs: number): void {
    this.#note(answer);
    this.#leaderUntilMs = startMs + this.#timing.renewDeadlineMs;
    this.#expiry.abort();
    this.#expiry = new AbortController();
    const leftMs = this.#leaderUntilMs - this.#clock.nowMs();
    void this.#clock.sleep(Math.max(0, leftMs), this.#expiry.signal).then(() => this.#tell());
  }

  #note(record: LeaseRecord): void {
    const isNews = this.#seen?.record.metadata.resourceVersion !== record.metadata.resourceVersion;
    const sinceMs = isNews ? this.#clock.nowMs() : this.#seen!.sinceMs;
    this.#seen = { record, sinceMs };
    this.#isStale = false;
  }

  #noteFailure(error: unknown): void {
    // Somebody else wrote, or a write of ours was done and its answer lost.
    this.#isStale = true;
    const message = describeError(error);
    const isLostRace = error instanceof KubeApiError && error.status === 409;
    if (isLostRace || message === this.#lastError) return;
    this.#lastError = message;
    this.#options.log.warn({ lease: this.#options.name, error: message }, 'the lease of the leader could not be had');
  }

  #tell(): void {
    const { isLeader } = this;
    if (isLeader === this.#told) return;
    this.#told = isLeader;
    const { log, name, identity, onChange } = this.#options;
    log.info({ lease: name, identity }, isLeader ? 'leads now' : 'does not lead any more');
    onChange(isLeader);
  }

  async #release(): Promise<void> {
    const wasLeader = this.isLeader;
    this.#leaderUntilMs = Number.NEGATIVE_INFINITY;
    this.#expiry.abort();
    this.#tell();
    await this.#options.beforeRelease?.();
    if (!wasLeader || this.#seen === null) return;
    const { record } = this.#seen;
    const spec = { ...record.spec, holderIdentity: '', leaseDurationSeconds: 1 };
    await this.#options.api.update(this.#path, leaseBody(record.metadata, spec)).catch(() => {
      // Then the others wait for it to expire.
    });
  }
}

interface Seen {
  readonly record: LeaseRecord;
  /** When it was first seen like this. */
  readonly sinceMs: number;
}
