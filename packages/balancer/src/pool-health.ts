import type { EndpointStats } from './endpoint-stats.ts';
import { endCold, estimateMs, isCold, observe, observeGently, observePeak, setEstimate } from './latency.ts';
import { LatestAnswers } from './latest-answers.ts';
import type { Member } from './member.ts';
import {
  claimProbe,
  countFailure,
  countSuccess,
  eject,
  ejectAgain,
  noteAnswer,
  type OutlierSettings,
  pardon,
  readmit,
} from './outlier.ts';
import { Cell, Count, Real } from './row-layout.ts';
import { rampShare, slowStartMs } from './slow-start.ts';

/** Why a request is sent to an endpoint that the policy would not have chosen. */
export type Errand =
  /** None: the policy chose. */
  | 'serve'
  /** In probation: this request decides. */
  | 'probe'
  /** Looks slow and has not been asked for a while: is it still? */
  | 'explore';

export interface PoolHealthOptions {
  readonly stats: EndpointStats;
  readonly worker: number;
  readonly outlier: OutlierSettings;
  readonly random: () => number;
  /** The policy leaves slow endpoints alone: they must be asked now and then. */
  readonly explores: boolean;
}

/** An endpoint is slow when it takes this much longer than the pool. */
const slowFactor = 4;
/** A failure counts as a latency of at least this many times the pool's mean, or so many milliseconds while that is not known. */
const penaltyFactor = 4;
const firstPenaltyMs = 50;
/** A sample of this many times the estimate is checked for being the endpoint's own. */
const jumpFactor = 2;
/** Weight of one sample in the pool's mean. */
const meanGain = 1 / 32;
/** An endpoint with an estimate of so many times the usual gets next to nothing by itself: it is asked again after this time … */
const forgottenFactor = 2;
const exploreAfterMs = 3_000;
/** … but by no more than one in so many requests. */
const exploreEvery = 200;
/** Requests that can't be repeated don't probe, unless this long no other has come by. */
const probePatienceMs = 5_000;
const refreshMs = 100;

const hungTries = 3;
const hungFloorMs = 250;
const hungFactor = 20;
/** An endpoint that may be hung is sent one request per this time until that is known. */
const testEveryMs = 125;

/**
 * What one pool, in one worker, makes of the rows of its endpoints: which may be used, which need a request to find out, and what is normal
 * here. Derived anew when the shared generation changes or after 100 ms; between two derivations a pick reads only the rows it compares.
 */
export class PoolHealth {
  readonly stats: EndpointStats;
  readonly worker: number;
  readonly #outlier: OutlierSettings;
  readonly #random: () => number;
  readonly #explores: boolean;
  readonly #answers: LatestAnswers;
  /** Ready endpoints, or all when none is ready. */
  #candidates: readonly Member[] = [];
  /** What a policy chooses from. */
  usable: readonly Member[] = [];
  /** Endpoints that a request should find out about. */
  attention: readonly Member[] = [];
  /** So few are in use that all are. */
  panicking: boolean = false;
  /** Mean time to the response head over requests answered here; 0 before the first. */
  meanMs: number = 0;
  /** Estimate of a typical endpoint: what an unmeasured one is taken for. */
  seedMs: number = 1;
  #generation = -1;
  #refreshAtMs = Number.NEGATIVE_INFINITY;
  #picksSinceExploration = 0;

  constructor({ stats, worker, outlier, random, explores }: PoolHealthOptions) {
    this.stats = stats;
    this.worker = worker;
    this.#outlier = outlier;
    this.#random = random;
    this.#explores = explores;
    this.#answers = new LatestAnswers(stats);
  }

  setCandidates(candidates: readonly Member[]): void {
    this.#candidates = candidates;
    this.#refreshAtMs = Number.NEGATIVE_INFINITY;
    this.#answers.setMembers(candidates);
  }

  /** Before every pick. */
  beginPick(nowMs: number): void {
    this.#picksSinceExploration++;
    this.refreshIfStale(nowMs);
  }

  refreshIfStale(nowMs: number): void {
    if (nowMs >= this.#refreshAtMs || this.#generation !== this.stats.generation) this.#refresh(nowMs);
  }

  /** Expected wait, in milliseconds, if this endpoint received one more request. */
  score(member: Member, nowMs: number): number {
    return (this.estimateMs(member, nowMs) * (member.inFlight + 1)) / member.weight;
  }

  estimateMs(member: Member, nowMs: number): number {
    const ms = estimateMs(this.stats, member.row, nowMs, this.meanMs, this.seedMs);
    return isCold(this.stats, member.row) ? Math.min(ms, this.seedMs) : ms;
  }

  /** False: it is being ramped up, and this request is not part of its share. */
  admits(member: Member, nowMs: number): boolean {
    return nowMs >= member.rampUntilMs || this.#random() < rampShare(member.rampFromMs, nowMs);
  }

  /** 1, or less while it is being ramped up. */
  shareOf(member: Member, nowMs: number): number {
    return nowMs >= member.rampUntilMs ? 1 : rampShare(member.rampFromMs, nowMs);
  }

  /** Claims an errand for the endpoint if it needs one now. */
  errandFor(member: Member, nowMs: number, repeatable: boolean): Errand | null {
    const { stats } = this;
    const base = stats.realsOf(member.row);
    if (stats.isOut(member.row)) {
      const waitedMs = nowMs - stats.reals[base + Real.ejectedUntilMs]!;
      const fits = waitedMs >= 0 && (repeatable || waitedMs >= probePatienceMs);
      return fits && claimProbe(stats, member.row, this.worker) ? 'probe' : null;
    }
    if (!repeatable) return null;
    if (this.#isSuspect(member, nowMs)) {
      stats.reals[base + Real.testedAtMs] = nowMs;
      return 'serve';
    }
    if (this.#picksSinceExploration < exploreEvery || !this.#isForgotten(member, nowMs)) return null;
    this.#picksSinceExploration = 0;
    stats.reals[base + Real.exploredAtMs] = nowMs;
    return 'explore';
  }

  /** Takes an endpoint that was never measured for a typical one, so that its first good answer does not make it look better than all. */
  seed(member: Member, nowMs: number): void {
    if (this.meanMs === 0) return;
    const atMs = this.stats.reals[this.stats.realsOf(member.row) + Real.peakAtMs];
    if (atMs === 0) setEstimate(this.stats, member.row, this.seedMs, nowMs);
  }

  // ---- what tries tell ----

  /** A response head that is no failure; `judgedAtEnd`: yet. */
  answered(member: Member, startedMs: number, nowMs: number, errand: Errand, judgedAtEnd: boolean): void {
    const { stats } = this;
    const { row } = member;
    const sampleMs = Math.min(nowMs - startedMs, this.#capMs());
    this.meanMs += this.meanMs === 0 ? sampleMs : (sampleMs - this.meanMs) * meanGain;
    if (!judgedAtEnd) noteAnswer(stats, row);
    if (errand === 'probe') {
      setEstimate(stats, row, Math.max(sampleMs, this.seedMs), nowMs);
      readmit(stats, row, nowMs);
    } else if (errand === 'explore') this.#explored(member, sampleMs, nowMs);
    else if (this.#isOwn(member, sampleMs, startedMs, nowMs)) observe(stats, row, sampleMs, nowMs);
    else observeGently(stats, row, sampleMs, nowMs);
    if (stats.isOut(row)) this.#answeredWhileOut(row, startedMs, nowMs);
  }

  /** A response head that is no failure, and came when it pleased. */
  alive(member: Member, startedMs: number, nowMs: number, judgedAtEnd: boolean): void {
    if (!judgedAtEnd) noteAnswer(this.stats, member.row);
    if (this.stats.isOut(member.row)) this.#answeredWhileOut(member.row, startedMs, nowMs);
  }

  /** A try has waited so long without an answer: a lower bound of a latency that is known to be the endpoint's own. */
  waitedAtLeast(member: Member, waitedMs: number, nowMs: number): void {
    const boundMs = Math.min(waitedMs, this.#capMs());
    if (boundMs <= this.estimateMs(member, nowMs)) return;
    endCold(this.stats, member.row);
    observePeak(this.stats, member.row, boundMs, nowMs);
  }

  failed(member: Member, waitedMs: number, nowMs: number, errand: Errand): void {
    endCold(this.stats, member.row);
    const penaltyMs = this.meanMs === 0 ? firstPenaltyMs : penaltyFactor * this.meanMs;
    observePeak(this.stats, member.row, Math.min(Math.max(waitedMs, penaltyMs), this.#capMs()), nowMs);
    this.#count(member, Cell.failures);
    const bad = countFailure(this.stats, member.row, nowMs, this.#outlier);
    if (errand === 'probe') ejectAgain(this.stats, member.row, nowMs, this.#outlier);
    else if (bad) this.#eject(member, nowMs);
  }

  succeeded(member: Member, nowMs: number): void {
    this.#count(member, Cell.requests);
    noteAnswer(this.stats, member.row);
    countSuccess(this.stats, member.row, nowMs, this.#outlier);
  }

  // ---- hung endpoints, docs/adr/004 ----

  /** A try that waits longer is overdue. */
  get hungAfterMs(): number {
    return Math.max(hungFloorMs, hungFactor * this.meanMs);
  }

  /** It is this endpoint that is slow, not everything or this thread: another has answered a try that began after `sinceMs`. */
  isOvertaken(member: Member, sinceMs: number, nowMs: number): boolean {
    return this.#answers.isOvertaken(member, sinceMs, nowMs);
  }

  /** So many tries are overdue that it is no single slow request. */
  hasEnoughOverdue(member: Member): boolean {
    return this.stats.counts[this.stats.countsOf(member.row) + Count.overdue]! >= hungTries;
  }

  hung(member: Member, nowMs: number, errand: Errand): void {
    this.stats.reals[this.stats.realsOf(member.row) + Real.hungAtMs] = nowMs;
    if (errand === 'probe') ejectAgain(this.stats, member.row, nowMs, this.#outlier);
    else this.#eject(member, nowMs);
  }

  /** Somewhere else to ask. */
  hasOther(member: Member): boolean {
    return this.usable.length > 1 || (this.usable.length === 1 && this.usable[0] !== member);
  }

  // ---- private ----

  /** A long poll must not count as more than a dead endpoint. */
  #capMs(): number {
    return this.meanMs === 0 ? Number.POSITIVE_INFINITY : this.hungAfterMs;
  }

  /**
   * Whether a latency is the endpoint's own. A much longer one than usual that no younger try at another endpoint has overtaken is as likely
   * everybody's: this thread stood still (garbage collection, a busy machine), or the network did. Taken for peaks, such moments would make all
   * endpoints look equally bad for seconds, and hide the one that is.
   */
  #isOwn(member: Member, sampleMs: number, startedMs: number, nowMs: number): boolean {
    if (sampleMs <= jumpFactor * this.estimateMs(member, nowMs)) return true;
    return this.isOvertaken(member, startedMs + (nowMs - startedMs) / 2, nowMs);
  }

  #count(member: Member, field: number): void {
    const cell = this.stats.cellOf(this.worker, member.row);
    this.stats.reals[cell + Cell.requests]!++;
    if (field === Cell.failures) this.stats.reals[cell + Cell.failures]!++;
  }

  /**
   * A much better sample is believed step by step, halving the distance on a logarithmic scale, but the steps follow at once. One that has
   * come back to what is usual here is ramped up like a new one.
   */
  #explored(member: Member, sampleMs: number, nowMs: number): void {
    const { stats } = this;
    const { row } = member;
    const oldMs = this.estimateMs(member, nowMs);
    if (sampleMs * 2 > oldMs) return void observe(stats, row, sampleMs, nowMs);
    const stepMs = Math.sqrt(oldMs * sampleMs);
    const isBack = stepMs < forgottenFactor * this.seedMs;
    setEstimate(stats, row, isBack ? Math.max(sampleMs, this.seedMs) : stepMs, nowMs);
    this.#picksSinceExploration = exploreEvery;
    const base = stats.realsOf(row);
    stats.reals[base + Real.exploredAtMs] = isBack ? nowMs : Number.NEGATIVE_INFINITY;
    if (isBack) stats.reals[base + Real.rampFromMs] = nowMs;
    if (isBack) stats.touch();
  }

  /**
   * An answer from an endpoint that was taken for dead, or to a try that panic sent to an ejected one: it works, so that probation need not
   * wait. Other answers to tries from before the ejection say nothing.
   */
  #answeredWhileOut(row: number, startedMs: number, nowMs: number): void {
    const base = this.stats.realsOf(row);
    const { reals } = this.stats;
    const ejectedAtMs = reals[base + Real.ejectedAtMs]!;
    const isAlive = startedMs > ejectedAtMs || reals[base + Real.hungAtMs] === ejectedAtMs;
    if (!isAlive || reals[base + Real.ejectedUntilMs]! <= nowMs) return;
    reals[base + Real.ejectedUntilMs] = nowMs;
    this.stats.touch();
  }

  #eject(member: Member, nowMs: number): void {
    const allowed = Math.floor(this.#outlier.maxEjectedRatio * this.#candidates.length);
    if (this.#countOut() >= allowed || !eject(this.stats, member.row, nowMs, this.#outlier)) return;
    // Two workers may each have ejected the last one that was allowed.
    if (this.#countOut() > allowed) pardon(this.stats, member.row);
  }

  #countOut(): number {
    let out = 0;
    for (const member of this.#candidates) if (this.stats.isOut(member.row)) out++;
    return out;
  }

  /** Overdue, but with too few tries to tell a dead endpoint from a slow request, and not judged yet: another try will tell. */
  #isSuspect(member: Member, nowMs: number): boolean {
    if (this.stats.counts[this.stats.countsOf(member.row) + Count.overdue] === 0) return false;
    const base = this.stats.realsOf(member.row);
    const { reals } = this.stats;
    const isJudged = reals[base + Real.hungAtMs]! > reals[base + Real.headAtMs]!;
    return !isJudged && nowMs - reals[base + Real.testedAtMs]! >= testEveryMs;
  }

  #isForgotten(member: Member, nowMs: number): boolean {
    if (!this.#explores || member.inFlight > 0) return false;
    const base = this.stats.realsOf(member.row);
    const exploredAtMs = this.stats.reals[base + Real.exploredAtMs]!;
    if (exploredAtMs !== Number.NEGATIVE_INFINITY) {
      const askedAtMs = Math.max(this.stats.reals[base + Real.headAtMs]!, exploredAtMs);
      if (nowMs - askedAtMs < exploreAfterMs) return false;
    }
    return this.estimateMs(member, nowMs) > forgottenFactor * this.seedMs;
  }

  #refresh(nowMs: number): void {
    this.#generation = this.stats.generation;
    this.#refreshAtMs = nowMs + refreshMs;
    const inUse = this.#candidates.filter((member) => !this.stats.isOut(member.row));
    this.panicking = inUse.length < this.#outlier.panicRatio * this.#candidates.length;
    this.usable = this.panicking ? this.#candidates : inUse;
    if (this.meanMs === 0) this.meanMs = this.#learnedMeanMs();
    this.seedMs = this.#typicalMs(nowMs);
    for (const member of this.#candidates) this.#derive(member, nowMs);
    this.attention = this.#candidates.filter((member) => this.#needsAttention(member, nowMs));
  }

  #derive(member: Member, nowMs: number): void {
    member.usable = this.panicking || !this.stats.isOut(member.row);
    member.slow = this.estimateMs(member, nowMs) > slowFactor * this.seedMs;
    member.rampFromMs = this.stats.reals[this.stats.realsOf(member.row) + Real.rampFromMs]!;
    member.rampUntilMs = member.rampFromMs + slowStartMs;
  }

  #needsAttention(member: Member, nowMs: number): boolean {
    if (!this.stats.isOut(member.row)) return this.#isSuspect(member, nowMs) || this.#isForgotten(member, nowMs);
    const untilMs = this.stats.reals[this.stats.realsOf(member.row) + Real.ejectedUntilMs]!;
    if (untilMs > nowMs) this.#refreshAtMs = Math.min(this.#refreshAtMs, untilMs);
    return untilMs <= nowMs;
  }

  /** What other workers, or other pools, have measured of these endpoints: where a new worker starts from. 0 for nothing. */
  #learnedMeanMs(): number {
    let sum = 0;
    let count = 0;
    for (const { row } of this.#candidates) {
      const ms = this.stats.reals[this.stats.realsOf(row) + Real.meanMs]!;
      sum += ms;
      if (ms > 0) count++;
    }
    return count === 0 ? 0 : sum / count;
  }

  /** Mean estimate of the measured endpoints that are not much slower than the pool's mean; 1 without any. */
  #typicalMs(nowMs: number): number {
    let sum = 0;
    let count = 0;
    let leastMs = Number.POSITIVE_INFINITY;
    const boundMs = this.meanMs === 0 ? Number.POSITIVE_INFINITY : slowFactor * this.meanMs;
    for (const { row } of this.usable) {
      const ms = estimateMs(this.stats, row, nowMs, this.meanMs, 0);
      if (ms === 0) continue;
      leastMs = Math.min(leastMs, ms);
      if (ms > boundMs) continue;
      sum += ms;
      count++;
    }
    if (count > 0) return sum / count;
    return leastMs === Number.POSITIVE_INFINITY ? 1 : leastMs;
  }
}
