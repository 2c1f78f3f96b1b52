import type { Member } from '../member.ts';
import type { PoolHealth } from '../pool-health.ts';
import type { Policy } from './policy.ts';

/** The fewest requests in flight per weight, over all workers; looks at every endpoint. Ties go round from a random start. */
export class LeastRequests implements Policy {
  readonly #health: PoolHealth;
  readonly #random: () => number;

  constructor(health: PoolHealth, random: () => number) {
    this.#health = health;
    this.#random = random;
  }

  choose(members: readonly Member[], nowMs: number): Member {
    const count = members.length;
    const start = Math.floor(this.#random() * count);
    let best = members[start]!;
    let bestLoad = Number.POSITIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const member = members[(start + i) % count]!;
      const load = (member.inFlight + 1) / member.weight;
      if (load >= bestLoad || !this.#health.admits(member, nowMs)) continue;
      best = member;
      bestLoad = load;
    }
    return best;
  }
}
