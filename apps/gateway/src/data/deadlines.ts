import type { Exchange } from './exchange.ts';
import type { OpenExchanges } from './open-exchanges.ts';

/** What is done about an exchange whose time has come. */
export interface DeadlineActions {
  requestTimedOut(exchange: Exchange): void;
  tryTimedOut(exchange: Exchange): void;
  retryDue(exchange: Exchange): void;
  hung(exchange: Exchange): void;
}

const coarseMs = 100;
const finestMs = 5;

/**
 * How often to sweep so that the shortest time configured is kept within a fifth of it: every 100 ms unless one below 500 ms asks for more.
 */
export function sweepIntervalMs(shortestMs: number): number {
  return Math.max(finestMs, Math.min(coarseMs, Math.floor(shortestMs / 5)));
}

/** Looks once at every exchange in progress. No timer per request: setting and clearing one costs more than all of this. */
export function sweepExchanges(open: OpenExchanges<Exchange>, nowMs: number, actions: DeadlineActions): void {
  for (let exchange = open.first; exchange !== null; ) {
    // What is done may take this exchange out of the list, never another.
    const next: Exchange | null = exchange.next;
    if (nowMs >= exchange.requestDeadlineMs) actions.requestTimedOut(exchange);
    else if (nowMs >= exchange.tryDeadlineMs) actions.tryTimedOut(exchange);
    else if (nowMs >= exchange.retryAtMs) actions.retryDue(exchange);
    else if (exchange.tryState === 'waiting' && exchange.lease?.checkHung(nowMs)) actions.hung(exchange);
    exchange = next;
  }
}
