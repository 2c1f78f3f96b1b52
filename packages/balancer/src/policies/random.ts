import type { Member } from '../member.ts';
import type { PoolHealth } from '../pool-health.ts';
import type { Policy } from './policy.ts';

/** Each with the same chance. */
export class RandomChoice implements Policy {
  readonly #health: PoolHealth;
  readonly #random: () => number;

  constructor(health: PoolHealth, random: () => number) {
    this.#health = health;
    this.#random = random;
  }

  choose(members: readonly Member[], nowMs: number): Member {
    const drawn = this.#draw(members);
    return this.#health.admits(drawn, nowMs) ? drawn : this.#draw(members);
  }

  #draw(members: readonly Member[]): Member {
    return members[Math.floor(this.#random() * members.length)]!;
  }
}
