import { churn } from './churn/churn.ts';
import { conformance } from './conformance/conformance.ts';
import { pin } from './pin/pin.ts';
import { rollout } from './rollout/rollout.ts';
import type { Suite } from './suite.ts';

/** In the order of `all`. */
export const suites: readonly Suite[] = [pin, rollout, churn, conformance];
