import { pin } from './pin/pin.ts';
import type { Suite } from './suite.ts';

/** In the order of `all`. */
export const suites: readonly Suite[] = [pin];
