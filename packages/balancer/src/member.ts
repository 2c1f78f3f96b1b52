import type { EndpointStats } from './endpoint-stats.ts';
import { Count } from './row-layout.ts';

/** What a pool is given. Health and latency belong to the row, whichever pools it stands in. */
export interface PoolEndpoint {
  /** `address:port`. */
  readonly key: string;
  /** In `EndpointStats`; the same for the same `key`. */
  readonly row: number;
  /** False: asked only when none is ready. */
  readonly ready: boolean;
  /** Relative share, > 0; 1 by default. */
  readonly weight?: number;
}

/** An endpoint in a pool, with what the pool last derived from its row. */
export class Member<E extends PoolEndpoint = PoolEndpoint> {
  endpoint: E;
  readonly row: number;
  readonly #counts: Int32Array;
  readonly #inFlightIndex: number;
  ready: boolean;
  weight: number;
  /** May be picked. */
  usable: boolean = false;
  /** Much slower than the pool. */
  slow: boolean = false;
  rampFromMs: number = 0;
  rampUntilMs: number = 0;
  /** When it was last chosen, as the policy counts. */
  turn: number = 0;
  /** What smooth weighted round robin owes it. */
  credit: number = 0;

  constructor(endpoint: E, stats: EndpointStats) {
    this.endpoint = endpoint;
    this.row = endpoint.row;
    this.#counts = stats.counts;
    this.#inFlightIndex = stats.countsOf(endpoint.row) + Count.inFlight;
    this.ready = endpoint.ready;
    this.weight = endpoint.weight ?? 1;
  }

  /** Of all workers. */
  get inFlight(): number {
    return this.#counts[this.#inFlightIndex]!;
  }
}
