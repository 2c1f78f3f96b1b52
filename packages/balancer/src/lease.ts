import type { Member, PoolEndpoint } from './member.ts';
import { releaseProbe } from './outlier.ts';
import type { Errand, PoolHealth } from './pool-health.ts';
import { Cell, Count, Real } from './row-layout.ts';

/** How a try ended. 'failure': 502, 503, 504, a reset, a timeout, no connection. 'cancelled': the client left. */
export type Outcome = 'success' | 'failure' | 'cancelled';

/**
 * One try at one endpoint, from the pick to the end of the response's body. Counts as in flight until it is settled, which must happen
 * exactly once. Times are milliseconds of the clock that all threads share.
 */
export class Lease<E extends PoolEndpoint = PoolEndpoint> {
  readonly endpoint: E;
  readonly startedMs: number;
  /**
   * The response may be a stream that has nothing to say for as long as it likes: that it waits speaks against nobody, and a head that comes
   * late is no measure of the endpoint.
   */
  patient = false;
  /** Whether it succeeded is said behind the body, as by gRPC: a head without a failure does not end a row of failures. */
  judgedAtEnd = false;
  readonly #health: PoolHealth;
  readonly #member: Member<E>;
  #errand: Errand;
  #state: 'waiting' | 'answered' | 'failed' | 'settled' = 'waiting';
  #overdue = false;

  constructor(health: PoolHealth, member: Member<E>, errand: Errand, nowMs: number) {
    this.endpoint = member.endpoint;
    this.startedMs = nowMs;
    this.#health = health;
    this.#member = member;
    this.#errand = errand;
    this.#addInFlight(1);
  }

  /** The response head came, or a failure in its stead. `failed`: its status is a gateway-class failure. Once. */
  headReceived(nowMs: number, failed: boolean): void {
    if (this.#state !== 'waiting') throw new Error(`lease of ${this.endpoint.key}: a head after it was ${this.#state}`);
    this.#state = failed ? 'failed' : 'answered';
    this.#noteProgress(nowMs, failed);
    if (failed) this.#health.failed(this.#member, nowMs - this.startedMs, nowMs, this.#errand);
    else if (this.#saysNothing(nowMs)) this.#health.alive(this.#member, this.startedMs, nowMs, this.judgedAtEnd);
    else this.#health.answered(this.#member, this.startedMs, nowMs, this.#errand, this.judgedAtEnd);
    this.#endErrand();
  }

  /** The try is over. Once; a second call throws. A failure that `headReceived` has reported is not counted twice. */
  settle(nowMs: number, outcome: Outcome): void {
    const before = this.#state;
    if (before === 'settled') throw new Error(`lease of ${this.endpoint.key} is settled twice`);
    this.#state = 'settled';
    this.#addInFlight(-1);
    this.#setOverdue(false);
    const waitedMs = nowMs - this.startedMs;
    if (outcome === 'failure') {
      if (before !== 'failed')
        this.#health.failed(this.#member, before === 'waiting' ? waitedMs : 0, nowMs, this.#errand);
    } else if (before === 'answered') {
      if (outcome === 'success') this.#health.succeeded(this.#member, nowMs);
    } else if (before === 'waiting' && !this.patient && this.#isOvertaken(waitedMs, nowMs)) {
      this.#health.waitedAtLeast(this.#member, waitedMs, nowMs);
    }
    this.#endErrand();
  }

  /**
   * For the sweep, while the try waits for its response head. True: the endpoint is hung (docs/adr/004) and there is another to ask; ask it
   * if the request can be repeated. Stays true until the try is settled or a head comes.
   */
  checkHung(nowMs: number): boolean {
    if (this.#state !== 'waiting') return false;
    if (this.patient) return this.#stopProbing(nowMs);
    const health = this.#health;
    const member = this.#member;
    const { reals } = health.stats;
    const base = health.stats.realsOf(member.row);
    const headAtMs = reals[base + Real.headAtMs]!;
    const hungAtMs = reals[base + Real.hungAtMs]!;
    // Found hung by other tries and silent since: whatever waits there waits in vain, also what began just before its last answers.
    if (hungAtMs > this.startedMs && hungAtMs >= headAtMs) return health.hasOther(member);
    if (headAtMs >= this.startedMs) return this.#setOverdue(false);
    const waitedMs = nowMs - this.startedMs;
    if (!this.#isOvertaken(waitedMs, nowMs)) return false;
    health.waitedAtLeast(member, waitedMs, nowMs);
    if (waitedMs <= health.hungAfterMs) return false;
    this.#setOverdue(true);
    if (this.#errand !== 'probe' && !health.hasEnoughOverdue(member)) return false;
    health.hung(member, nowMs, this.#errand);
    this.#endErrand();
    return health.hasOther(member);
  }

  /** A stream that has nothing to say must not keep others from finding out about the endpoint. Always false. */
  #stopProbing(nowMs: number): false {
    if (this.#errand === 'probe' && nowMs - this.startedMs > this.#health.hungAfterMs) this.#endErrand();
    return false;
  }

  #saysNothing(nowMs: number): boolean {
    return this.patient && nowMs - this.startedMs > this.#health.hungAfterMs && this.#errand !== 'probe';
  }

  /** By a try at another endpoint that began after half of the wait: ties and small leads prove nothing. */
  #isOvertaken(waitedMs: number, nowMs: number): boolean {
    return this.#health.isOvertaken(this.#member, this.startedMs + waitedMs / 2, nowMs);
  }

  /** A failure is a sign of life, but no proof that others could have been faster. */
  #noteProgress(nowMs: number, failed: boolean): void {
    const { reals } = this.#health.stats;
    const base = this.#health.stats.realsOf(this.#member.row);
    reals[base + Real.headAtMs] = nowMs;
    const youngest = base + Real.answeredFromMs;
    if (!failed && this.startedMs > reals[youngest]!) reals[youngest] = this.startedMs;
    this.#setOverdue(false);
  }

  #endErrand(): void {
    if (this.#errand === 'serve') return;
    if (this.#errand === 'probe') releaseProbe(this.#health.stats, this.#member.row, this.#health.worker);
    this.#errand = 'serve';
  }

  #addInFlight(by: 1 | -1): void {
    const { stats, worker } = this.#health;
    const { row } = this.#member;
    stats.reals[stats.cellOf(worker, row) + Cell.inFlight]! += by;
    Atomics.add(stats.counts, stats.countsOf(row) + Count.inFlight, by);
  }

  /** Always false, for callers that have nothing else to say. */
  #setOverdue(overdue: boolean): false {
    if (this.#overdue === overdue) return false;
    this.#overdue = overdue;
    const by = overdue ? 1 : -1;
    const { stats, worker } = this.#health;
    const { row } = this.#member;
    stats.reals[stats.cellOf(worker, row) + Cell.overdue]! += by;
    Atomics.add(stats.counts, stats.countsOf(row) + Count.overdue, by);
    if (overdue) stats.touch();
    return false;
  }
}
