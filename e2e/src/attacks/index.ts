import type { Attack } from './attack.ts';
import { controlFloods } from './control-floods.ts';
import { headerAttacks } from './header-attacks.ts';
import { malformedRequests } from './malformed-requests.ts';
import { resetAttacks } from './resets.ts';
import { slowAttacks } from './slow-attacks.ts';

/** Over in a moment, and can be repeated at once. */
export const quickAttacks: readonly Attack[] = [...resetAttacks, ...controlFloods, ...headerAttacks];

export { malformedRequests, slowAttacks };
