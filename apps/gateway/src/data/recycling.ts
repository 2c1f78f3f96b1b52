import { type Field, findField, names } from '@fairlead/message';
import type { RecyclingSettings } from '../settings.ts';
import { Tenure } from './tenure.ts';

/** Why a connection is asked to leave. 'balance': its worker has much more to do than another. */
export type RecyclingReason = 'age' | 'chance' | 'balance';

/** Over which the rate of leaving is bounded and requests are counted. */
const windowMs = 1_000;

/**
 * Decides which connections of one worker are asked to leave, so that their clients come back by way of the load balancer and the kernel and
 * are spread anew. The one that asks is the connection itself: with GOAWAY, or with `Connection: close` on an answer, so that no request is
 * lost. Never asked are connections by which an excluded `User-Agent` was seen.
 *
 * HTTP/1.1 may only ask together with an answer and calls `leavesWith` for each request. HTTP/2 can ask at any time: it also calls
 * `isOverdue` in sweeps and `leavesNow` when it is chosen to make room.
 */
export class Recycling {
  readonly #random: () => number;
  readonly #onAsked: (why: RecyclingReason) => void;
  #nowMs: number = 0;
  #window: number = 1;
  #windowStartMs: number = 0;
  #asked: number = 0;
  #askedBefore: number = 0;

  /** `random`: 0 to 1, 1 excluded. */
  constructor(random: () => number, onAsked: (why: RecyclingReason) => void) {
    this.#random = random;
    this.#onAsked = onAsked;
  }

  /** Number of the present window, for `Tenure`. */
  get window(): number {
    return this.#window;
  }

  /** Moves time on: everything here happens at the time of the last call. Monotonic. */
  sweep(nowMs: number): void {
    this.#nowMs = Math.round(nowMs);
    const passed = Math.floor((this.#nowMs - this.#windowStartMs) / windowMs);
    if (passed <= 0) return;
    this.#askedBefore = passed === 1 ? this.#asked : 0;
    this.#asked = 0;
    this.#window += passed;
    this.#windowStartMs += passed * windowMs;
  }

  begin(): Tenure {
    return new Tenure(this.#nowMs, 2 * this.#random() - 1);
  }

  /** Once per request. True: its answer is to be the connection's last, or later ones are to go elsewhere. Said once. */
  leavesWith(tenure: Tenure, settings: RecyclingSettings, fields: readonly Field[]): boolean {
    tenure.countRequest(this.#window);
    if (tenure.leaving) return false;
    if (settings.excludedUserAgents.length > 0) judge(tenure, settings, fields);
    if (tenure.chosen) return this.leavesNow(tenure, settings, 'balance');
    if (this.#isOld(tenure, settings)) return this.leavesNow(tenure, settings, 'age');
    const { goawayChance } = settings;
    return goawayChance > 0 && this.#random() < goawayChance && this.leavesNow(tenure, settings, 'chance');
  }

  /** In sweeps, of connections with which something can be said at any time. True: ask it to leave. Said once. */
  isOverdue(tenure: Tenure, settings: RecyclingSettings): boolean {
    if (tenure.leaving || !this.#isOld(tenure, settings)) return false;
    // Whose connection it is shows in the first request.
    if (settings.excludedUserAgents.length > 0 && tenure.judgedBy !== settings) return false;
    return this.leavesNow(tenure, settings, 'age');
  }

  /** True: ask it to leave, for a reason that its caller knows. Said once; false for those that are never asked, and beyond the rate. */
  leavesNow(tenure: Tenure, settings: RecyclingSettings, why: RecyclingReason): boolean {
    if (tenure.leaving || isExcluded(tenure, settings) || !this.#hasRoom(settings.maxPerSecond)) return false;
    this.#asked++;
    tenure.leaving = true;
    this.#onAsked(why);
    return true;
  }

  #isOld({ openedMs, jitter }: Tenure, { maxAgeMs, maxAgeJitter }: RecyclingSettings): boolean {
    return maxAgeMs > 0 && this.#nowMs - openedMs >= maxAgeMs * (1 + maxAgeJitter * jitter);
  }

  /** A window that slides: what counts of the one before is the part that is less than a second ago. */
  #hasRoom(maxPerSecond: number): boolean {
    const passed = (this.#nowMs - this.#windowStartMs) / windowMs;
    return this.#asked + this.#askedBefore * (1 - passed) < maxPerSecond;
  }
}

/** Some client of the connection is excluded; nobody is while nothing is excluded. */
export function isExcluded(tenure: Tenure, settings: RecyclingSettings): boolean {
  return tenure.excluded && settings.excludedUserAgents.length > 0;
}

/** Proxies send requests of many clients by one connection: one excluded is enough. */
function judge(tenure: Tenure, settings: RecyclingSettings, fields: readonly Field[]): void {
  if (tenure.judgedBy !== settings) {
    tenure.judgedBy = settings;
    tenure.excluded = false;
    tenure.judgedAgent = undefined;
  } else if (tenure.excluded) return;
  const agent = findField(fields, names.userAgent)?.value ?? '';
  if (agent === tenure.judgedAgent) return;
  tenure.judgedAgent = agent;
  tenure.excluded = settings.excludedUserAgents.some((prefix) => agent.startsWith(prefix));
}
