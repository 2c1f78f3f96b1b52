import type { Member } from '../member.ts';

/** Chooses one of the members, of which there is at least one. Only proposes: whether the chosen one has room is the pool's to check. */
export interface Policy {
  choose(members: readonly Member[], nowMs: number): Member;
}
