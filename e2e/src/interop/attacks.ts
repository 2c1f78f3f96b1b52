import { setTimeout as sleep } from 'node:timers/promises';
import type { Attack } from '../attacks/attack.ts';
import { AttackedGateway } from '../attacks/attacked-gateway.ts';
import { malformedRequests, quickAttacks, slowAttacks } from '../attacks/index.ts';
import { carryOut, type UnderAttack, underAttack } from '../attacks/under-attack.ts';
import type { CaseResult, Suite, SuiteContext } from './suite.ts';

export const attacks: Suite = {
  name: 'attacks',
  summary: 'a raw frame client against HTTP/2, and slow clients: closed in time, others unharmed, memory given back',
  run: runAttacks,
};

const seconds = 3;
/** A busy machine harms others too: unharmed once is unharmed. */
const tries = 3;
/** Others' p99 may double; below this many milliseconds it is the machine's mood that one sees. */
const p99Factor = 2;
const p99FloorMs = 5;
const settleMs = 5_000;
const mib = 2 ** 20;
const maxGrowthMib = 16;

async function runAttacks(context: SuiteContext): Promise<readonly CaseResult[]> {
  const target = await AttackedGateway.start(context.directory);
  try {
    const groups = { quick: quickAttacks, malformed: malformedRequests, slow: slowAttacks };
    const wanted = Object.entries(groups).filter(([name]) => context.only.length === 0 || context.only.includes(name));
    const all = wanted.flatMap(([, attacks]) => attacks);
    context.progress('attacks: each once, to warm up …');
    await Promise.all(all.map((attack) => carryOut(attack, target)));
    await sleep(settleMs);
    const before = target.residentBytes();
    const results: CaseResult[] = [];
    for (const [configuration, group] of wanted) {
      // A malformed request is one request: nobody else could notice.
      const run = configuration === 'malformed' ? runAlone : runBesideOthers;
      for (const attack of group) {
        const result = { configuration, name: attack.name, ...(await run(attack, target)) };
        results.push(result);
        context.progress(`attacks: ${result.outcome} ${result.name}: ${result.detail}`);
      }
    }
    await sleep(settleMs);
    return [...results, memoryResult(before, target), upstreamResult(target)];
  } finally {
    await target.stop();
  }
}

type Judgement = Pick<CaseResult, 'outcome' | 'detail'>;

async function runAlone(attack: Attack, target: AttackedGateway): Promise<Judgement> {
  const { passed, detail } = await carryOut(attack, target);
  return { outcome: passed ? 'passed' : 'failed', detail };
}

async function runBesideOthers(attack: Attack, target: AttackedGateway): Promise<Judgement> {
  let judged: Judgement = { outcome: 'failed', detail: '' };
  for (let i = 0; i < tries; i++) {
    const result = await underAttack(attack, target, seconds);
    const { calm, attacked, outcome } = result;
    const others = `others' p99 ${attacked.p99Ms.toFixed(1)} ms, before ${calm.p99Ms.toFixed(1)}, ${attacked.failed} failed`;
    const passed = outcome.passed && isUnharmed(result);
    judged = { outcome: passed ? 'passed' : 'failed', detail: `${outcome.detail}; ${others}` };
    if (passed || !outcome.passed) break;
  }
  return judged;
}

function isUnharmed({ calm, attacked }: UnderAttack): boolean {
  return attacked.failed === 0 && attacked.p99Ms <= Math.max(p99Factor * calm.p99Ms, p99FloorMs);
}

function memoryResult(before: number, target: AttackedGateway): CaseResult {
  const grown = (target.residentBytes() - before) / mib;
  return {
    configuration: 'afterwards',
    name: 'resident memory',
    outcome: grown <= maxGrowthMib ? 'passed' : 'failed',
    detail: `${(before / mib).toFixed(0)} MiB when warm, ${grown.toFixed(1)} MiB more after all attacks`,
  };
}

/** Cancelled work must not go on at the backend. */
function upstreamResult(target: AttackedGateway): CaseResult {
  const open = target.backendOpen();
  return {
    configuration: 'afterwards',
    name: 'requests left at the backend',
    outcome: open === 0 ? 'passed' : 'failed',
    detail: `${open} open of ${target.backendHits()}`,
  };
}
