import type { Member } from '../member.ts';
import type { PoolHealth } from '../pool-health.ts';
import type { Policy } from './policy.ts';

/**
 * Power of two choices: two distinct endpoints are drawn and the one with the lower expected wait is taken. Looking at all of them would send
 * every request to whichever is ahead by a hair; two draws give the best no more than 2/n.
 *
 * When both are slow, two others are drawn, up to `maxDraws` pairs: with two slow endpoints of four, one pair in six has no good one.
 */
export class P2cPeakEwma implements Policy {
  readonly #health: PoolHealth;
  readonly #random: () => number;
  #turn = 0;

  constructor(health: PoolHealth, random: () => number) {
    this.#health = health;
    this.#random = random;
  }

  choose(members: readonly Member[], nowMs: number): Member {
    const count = members.length;
    if (count === 1) return members[0]!;
    let best = this.#better(members, count, nowMs);
    for (let draws = 1; best.slow && draws < maxDraws; draws++) {
      best = this.#preferred(best, this.#better(members, count, nowMs), nowMs);
    }
    best.turn = ++this.#turn;
    return best;
  }

  #better(members: readonly Member[], count: number, nowMs: number): Member {
    const first = (this.#random() * count) | 0;
    let second = (this.#random() * (count - 1)) | 0;
    if (second >= first) second++;
    const a = members[first]!;
    const b = members[second]!;
    if (!this.#health.admits(a, nowMs)) return b;
    if (!this.#health.admits(b, nowMs)) return a;
    return this.#preferred(a, b, nowMs);
  }

  /**
   * The one that is clearly better, else the one that was chosen longer ago: by chance alone, shares of 1,000 requests over five equals would
   * differ by a fifth. One that is being ramped up has no turns to make up for.
   */
  #preferred(a: Member, b: Member, nowMs: number): Member {
    const scoreA = this.#health.score(a, nowMs) * (a.slow ? slowAversion : 1);
    const scoreB = this.#health.score(b, nowMs) * (b.slow ? slowAversion : 1);
    if (scoreB * noise < scoreA) return b;
    if (scoreA * noise < scoreB) return a;
    return b.turn < a.turn && nowMs >= b.rampUntilMs && nowMs >= a.rampUntilMs ? b : a;
  }
}

const maxDraws = 5;
/**
 * Scores that differ by less are equal: else, with little traffic, the worst of several good endpoints would get nothing at all. Equal
 * endpoints that answer within a millisecond are measured that far apart.
 */
const noise = 1.5;
/**
 * Endpoints answer many requests at once, so that the score overrates what is in flight. After a burst, or a moment when this thread stood
 * still, a slow endpoint would look good only for that.
 */
const slowAversion = 3;
