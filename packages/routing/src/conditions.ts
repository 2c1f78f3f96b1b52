import type { Condition } from '@fairlead/resources';
import { type Finding, formatFinding } from './problems.ts';

/** Findings spelt out in one condition; the rest is counted. */
const MAX_FINDINGS = 5;

/** Makes the conditions of one object, all of its generation. */
export class ConditionWriter {
  readonly #generation: number;

  constructor(generation: number) {
    this.#generation = generation;
  }

  isTrue(type: string, reason: string, message: string): Condition {
    return { type, status: 'True', reason, message, observedGeneration: this.#generation };
  }

  isFalse(type: string, reason: string, message: string): Condition {
    return { type, status: 'False', reason, message, observedGeneration: this.#generation };
  }

  /** False with the first finding's reason and all their messages. */
  failed(type: string, findings: readonly Finding[]): Condition {
    return this.isFalse(type, findings[0]!.reason, joinFindings(findings));
  }
}

export function joinFindings(findings: readonly Finding[]): string {
  const spelt = findings.slice(0, MAX_FINDINGS).map(formatFinding).join('; ');
  const more = findings.length - MAX_FINDINGS;
  return more > 0 ? `${spelt}; and ${more} more` : spelt;
}
