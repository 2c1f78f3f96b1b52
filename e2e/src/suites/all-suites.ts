import { churn } from './churn/churn.ts';
import { conformance } from './conformance/conformance.ts';
import { faults } from './faults/faults.ts';
import { pin } from './pin/pin.ts';
import { rollout } from './rollout/rollout.ts';
import { smoke } from './smoke/smoke.ts';
import type { Suite } from './suite.ts';

/** In the order of `all`. */
export const suites: readonly Suite[] = [smoke, pin, rollout, faults, churn, conformance];
