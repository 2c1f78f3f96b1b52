import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack, AttackOutcome } from './attack.ts';
import { bystanderPath } from './attack-backend.ts';
import type { AttackedGateway } from './attacked-gateway.ts';
import { type BystanderRun, bystanders } from './bystanders.ts';

export interface UnderAttack {
  readonly outcome: AttackOutcome;
  /** Without an attack, just before. */
  readonly calm: BystanderRun;
  readonly attacked: BystanderRun;
}

const requestsPerSecond = 300;
const attacksPerSecond = 5;

/** A target that can not even be attacked has failed too. */
export async function carryOut(attack: Attack, target: AttackedGateway): Promise<AttackOutcome> {
  try {
    return await attack.run(target);
  } catch (error) {
    return { passed: false, detail: (error as Error).message };
  }
}

/**
 * An attack again and again for some seconds, beside others' requests. The attacker is bounded to a few attacks a second: what is asked is
 * whether one connection harms another, not who has more CPUs.
 */
export async function underAttack(attack: Attack, target: AttackedGateway, seconds: number): Promise<UnderAttack> {
  const load = { port: target.port, path: bystanderPath, requestsPerSecond, seconds };
  const calm = await bystanders(load);
  const attacked = bystanders(load);
  const outcomes: AttackOutcome[] = [];
  const end = performance.now() + seconds * 1_000;
  do {
    outcomes.push(await carryOut(attack, target));
    await sleep(1_000 / attacksPerSecond);
  } while (performance.now() < end);
  const worst = outcomes.find((outcome) => !outcome.passed) ?? outcomes[0]!;
  return { outcome: worst, calm, attacked: await attacked };
}
