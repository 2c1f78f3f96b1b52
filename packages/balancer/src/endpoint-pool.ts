import type { EndpointStats } from './endpoint-stats.ts';
import { Lease } from './lease.ts';
import { Member, type PoolEndpoint } from './member.ts';
import type { OutlierSettings } from './outlier.ts';
import type { Policy } from './policies/policy.ts';
import { createPolicy, type PolicyName } from './policies/policy-name.ts';
import { type Errand, PoolHealth } from './pool-health.ts';
import { maxWorkers, Real } from './row-layout.ts';

export interface PoolOptions {
  readonly stats: EndpointStats;
  /** Index of this worker, below `maxWorkers`; no two threads that live have the same. */
  readonly worker: number;
  readonly policy: PolicyName;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Requests in flight per endpoint, over all workers; beyond that it gets no more. */
  readonly maxInFlight: number;
  readonly outlier: OutlierSettings;
}

/** 'overloaded': every endpoint has as much in flight as it may. */
export type Refusal = 'no_endpoints' | 'overloaded';

/**
 * The endpoints of one backend as one worker sees them, and the choice among them. What is learned lies in the shared rows; the pool adds
 * which of them belong together.
 *
 * Selection: an endpoint that needs a request to be judged (probation, suspected hang, forgotten slow one) is served first; else the policy
 * proposes and the pool checks for room. `nowMs` is of the clock that all threads share.
 */
export class EndpointPool<E extends PoolEndpoint> {
  /** Why the last `pick` or `pickThis` returned null. */
  lastRefusal: Refusal = 'no_endpoints';
  readonly #options: PoolOptions;
  readonly #health: PoolHealth;
  readonly #policy: Policy;
  #endpoints: readonly E[] = [];
  #members: ReadonlyMap<string, Member<E>> = new Map();

  constructor(options: PoolOptions) {
    if (options.worker < 0 || options.worker >= maxWorkers)
      throw new RangeError(`worker ${options.worker} has no column`);
    this.#options = options;
    this.#health = new PoolHealth({ ...options, explores: options.policy === 'p2c-peak-ewma' });
    this.#policy = createPolicy(options.policy, this.#health, options.random);
  }

  get endpoints(): readonly E[] {
    return this.#endpoints;
  }

  /** Replaces the set. Endpoints that stay keep all that was learned; the objects of `endpoints` are handed out from now on. */
  update(endpoints: readonly E[], nowMs: number): void {
    const old = this.#members;
    const members = new Map<string, Member<E>>();
    for (const endpoint of endpoints) {
      const twin = members.get(endpoint.key);
      if (twin === undefined || (!twin.ready && endpoint.ready))
        members.set(endpoint.key, this.#adopt(endpoint, nowMs));
    }
    this.#members = members;
    this.#endpoints = [...members.values()].map((member) => member.endpoint);
    const ready = [...members.values()].filter((member) => member.ready);
    this.#health.setCandidates(ready.length > 0 ? ready : [...members.values()]);
    for (const [key, member] of old) if (members.get(key) !== member) member.usable = false;
  }

  /**
   * An endpoint for one try. Null: `lastRefusal` says why. Never one of `tried` while another can be used. `repeatable`: the request could be
   * sent again if the endpoint turned out dead; others are kept away from endpoints in doubt.
   */
  pick(nowMs: number, tried: readonly E[] | null, repeatable: boolean = true): Lease<E> | null {
    const health = this.#health;
    health.beginPick(nowMs);
    if (health.attention.length > 0 && tried === null) {
      const lease = this.#runErrand(nowMs, repeatable);
      if (lease !== null) return lease;
    }
    if (tried !== null) return this.#pickAmong(this.#untried(tried), nowMs) ?? this.#pickAmong(health.usable, nowMs);
    return this.#pickAmong(health.usable, nowMs);
  }

  /** This endpoint if it can be used, for sessions that stay where they are. */
  pickThis(endpoint: E, nowMs: number): Lease<E> | null {
    this.#health.refreshIfStale(nowMs);
    const member = this.#members.get(endpoint.key);
    const refusal = member?.usable !== true ? 'no_endpoints' : this.#hasRoom(member) ? null : 'overloaded';
    if (refusal === null) return this.#lease(member!, 'serve', nowMs);
    this.lastRefusal = refusal;
    return null;
  }

  /** Expected wait if the endpoint received one more request: estimate × (in flight + 1) ÷ weight. Infinity for one not in the pool. */
  score(endpoint: E, nowMs: number): number {
    this.#health.refreshIfStale(nowMs);
    const member = this.#members.get(endpoint.key);
    return member === undefined ? Number.POSITIVE_INFINITY : this.#health.score(member, nowMs);
  }

  #pickAmong(members: readonly Member[], nowMs: number): Lease<E> | null {
    if (members.length === 0) return this.#refuse('no_endpoints');
    const chosen = this.#policy.choose(members, nowMs);
    if (this.#hasRoom(chosen)) return this.#lease(chosen, 'serve', nowMs);
    const withRoom = members.filter((member) => this.#hasRoom(member));
    if (withRoom.length === 0) return this.#refuse('overloaded');
    return this.#lease(this.#policy.choose(withRoom, nowMs), 'serve', nowMs);
  }

  #runErrand(nowMs: number, repeatable: boolean): Lease<E> | null {
    for (const member of this.#health.attention) {
      if (!this.#hasRoom(member)) continue;
      const errand = this.#health.errandFor(member, nowMs, repeatable);
      if (errand !== null) return this.#lease(member, errand, nowMs);
    }
    return null;
  }

  #untried(tried: readonly E[]): readonly Member[] {
    return this.#health.usable.filter((member) => !tried.some((endpoint) => endpoint.key === member.endpoint.key));
  }

  #hasRoom(member: Member): boolean {
    return member.inFlight < this.#options.maxInFlight;
  }

  #lease(member: Member, errand: Errand, nowMs: number): Lease<E> {
    // The health's members are this pool's.
    return new Lease(this.#health, member as Member<E>, errand, nowMs);
  }

  #refuse(refusal: Refusal): null {
    this.lastRefusal = refusal;
    return null;
  }

  /** The member for an endpoint: the old one if its row is the same. */
  #adopt(endpoint: E, nowMs: number): Member<E> {
    const { stats } = this.#options;
    const old = this.#members.get(endpoint.key);
    const known = old !== undefined && old.row === endpoint.row;
    const member = known ? old : new Member(endpoint, stats);
    const returns = known && !member.ready && endpoint.ready;
    member.endpoint = endpoint;
    member.ready = endpoint.ready;
    member.weight = endpoint.weight ?? 1;
    const rampIndex = stats.realsOf(member.row) + Real.rampFromMs;
    const fresh = stats.reals[rampIndex] === 0;
    // The first endpoints of a pool have nobody to take their share until they are warm.
    if (fresh && this.#members.size === 0) stats.reals[rampIndex] = Number.NEGATIVE_INFINITY;
    else if (fresh || returns) stats.reals[rampIndex] = nowMs;
    if (fresh && this.#members.size > 0) this.#health.seed(member, nowMs);
    return member;
  }
}
