import type { Target } from '../clients/one-connection.ts';
import type { SuiteContext } from '../suite.ts';
import type { ApiProxy } from './api-proxy.ts';

/** Where faults are suffered: a route that has worked all the time, and the proxy before the API server. */
export interface FaultSite {
  readonly namespace: string;
  readonly gateway: string;
  readonly service: string;
  readonly target: Target;
  readonly proxy: ApiProxy;
}

export interface Fault {
  readonly name: string;
  /** A line of the gateway's log that names it; null when there is nothing to say. */
  readonly said: RegExp | null;
  /** A new route must be live that long after the fault is over. */
  readonly recoversWithinMs: number;
  /** Lasts as long as the promise. */
  strike(context: SuiteContext, site: FaultSite): Promise<void>;
}
