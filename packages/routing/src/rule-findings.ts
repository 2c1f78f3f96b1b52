import type { FieldPath, Finding } from './problems.ts';

/** What is wrong in one rule, by what follows from it. */
export class RuleFindings {
  /** The rule can't mean anything: it is dropped, see PartiallyInvalid. */
  readonly invalid: Finding[] = [];
  /** References that can't be followed, see ResolvedRefs: the rule serves, what they were needed for is answered with an error. */
  readonly unresolved: Finding[] = [];
  /** Worth telling; nothing asked for is lost. */
  readonly warnings: Finding[] = [];

  addInvalid(path: FieldPath, message: string, reason = 'UnsupportedValue'): void {
    this.invalid.push({ path, reason, message });
  }

  addUnresolved(path: FieldPath, reason: string, message: string): void {
    this.unresolved.push({ path, reason, message });
  }

  addWarning(path: FieldPath, message: string, reason = 'Ignored'): void {
    this.warnings.push({ path, reason, message });
  }
}
