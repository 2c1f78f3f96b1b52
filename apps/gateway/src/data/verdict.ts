import type { Failure } from './errors.ts';

/** How a step of the pipeline ends: null goes on to the next, a failure is answered, 'answered' has been already. */
export type Verdict = Failure | 'answered' | null;
