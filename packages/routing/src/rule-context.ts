import type { BackendObjectReference } from '@fairlead/resources';
import { resolveBackend } from './backends.ts';
import type { Lookups } from './graph.ts';
import type { FieldPath } from './problems.ts';
import type { Reads } from './reads.ts';
import type { Referrer } from './references.ts';
import { RuleFindings } from './rule-findings.ts';
import type { Backend } from './table.ts';

/** What the parts of one rule share while it is compiled: where to look things up, and what they found. */
export class RuleContext {
  readonly from: Referrer;
  readonly reads: Reads<Lookups>;
  /** Every match of the rule is a path prefix, so that a prefix can be replaced. */
  readonly onlyPrefixes: boolean;
  readonly findings: RuleFindings = new RuleFindings();
  /** No id twice. */
  readonly backends: Backend[] = [];
  readonly policedServices: string[] = [];

  constructor(from: Referrer, reads: Reads<Lookups>, onlyPrefixes: boolean) {
    this.from = from;
    this.reads = reads;
    this.onlyPrefixes = onlyPrefixes;
  }

  /** The backend's id; null, with a finding, when it can't be sent to. */
  useBackend(ref: BackendObjectReference, path: FieldPath): string | null {
    const { backend, finding, policed } = resolveBackend(ref, path, this.from, this.reads);
    if (finding !== null) this.findings.unresolved.push(finding);
    if (policed !== '') this.policedServices.push(policed);
    if (backend === null) return null;
    if (!this.backends.some(({ id }) => id === backend.id)) this.backends.push(backend);
    return backend.id;
  }
}
