import type { Member } from '../member.ts';
import type { PoolHealth } from '../pool-health.ts';
import type { Policy } from './policy.ts';

/**
 * Smooth weighted round robin: every turn each endpoint earns its weight, the richest is taken and pays what all earned together. Exact over any
 * sum of the weights, and spread out: 5, 1, 1 gives a a b a c a a. Looks at every endpoint. Source: nginx, commit 52327e0627f4.
 */
export class Weighted implements Policy {
  readonly #health: PoolHealth;

  constructor(health: PoolHealth) {
    this.#health = health;
  }

  choose(members: readonly Member[], nowMs: number): Member {
    let earned = 0;
    let richest = members[0]!;
    for (const member of members) {
      const weight = member.weight * this.#health.shareOf(member, nowMs);
      earned += weight;
      member.credit += weight;
      if (member.credit > richest.credit) richest = member;
    }
    richest.credit -= earned;
    return richest;
  }
}
