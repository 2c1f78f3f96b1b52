import type { EndpointStats } from './endpoint-stats.ts';
import type { Member } from './member.ts';
import { Real } from './row-layout.ts';

/**
 * How young the youngest tries are that each endpoint has answered. A try that younger ones at other endpoints have overtaken waits because of
 * its endpoint; when nobody is overtaken, everything stands still, or this thread did.
 *
 * A sweep asks for many tries at one moment: the rows are read once for it.
 */
export class LatestAnswers {
  readonly #stats: EndpointStats;
  #members: readonly Member[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  #latest: Member | null = null;
  #latestFromMs = 0;
  /** Of all but `#latest`. */
  #secondFromMs = 0;

  constructor(stats: EndpointStats) {
    this.#stats = stats;
  }

  setMembers(members: readonly Member[]): void {
    this.#members = members;
    this.#readAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Another endpoint has answered a try that began after `sinceMs`. */
  isOvertaken(member: Member, sinceMs: number, nowMs: number): boolean {
    if (this.#readAtMs !== nowMs) this.#read(nowMs);
    return (this.#latest === member ? this.#secondFromMs : this.#latestFromMs) > sinceMs;
  }

  #read(nowMs: number): void {
    this.#readAtMs = nowMs;
    this.#latest = null;
    this.#latestFromMs = 0;
    this.#secondFromMs = 0;
    for (const member of this.#members) {
      const fromMs = this.#stats.reals[this.#stats.realsOf(member.row) + Real.answeredFromMs]!;
      if (fromMs > this.#latestFromMs) {
        this.#secondFromMs = this.#latestFromMs;
        this.#latestFromMs = fromMs;
        this.#latest = member;
      } else this.#secondFromMs = Math.max(this.#secondFromMs, fromMs);
    }
  }
}
