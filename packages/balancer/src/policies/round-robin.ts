import type { Member } from '../member.ts';
import type { PoolHealth } from '../pool-health.ts';
import type { Policy } from './policy.ts';

/** One after the other, from a random start so that workers don't march in step. Blind to load and latency. */
export class RoundRobin implements Policy {
  readonly #health: PoolHealth;
  #turn: number;

  constructor(health: PoolHealth, random: () => number) {
    this.#health = health;
    this.#turn = Math.floor(random() * 0x10000);
  }

  choose(members: readonly Member[], nowMs: number): Member {
    const next = this.#take(members);
    return this.#health.admits(next, nowMs) ? next : this.#take(members);
  }

  #take(members: readonly Member[]): Member {
    this.#turn = (this.#turn + 1) & 0x3fffffff;
    return members[this.#turn % members.length]!;
  }
}
