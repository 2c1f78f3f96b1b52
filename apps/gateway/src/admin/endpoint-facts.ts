import { defaultOutlier, EndpointPool, type EndpointStats } from '@fairlead/balancer';
import { endpointKey } from '../control/endpoint-rows.ts';
import type { AssignedEndpoint } from '../protocol.ts';

/** What is known of one endpoint now. */
export interface EndpointFacts {
  /** `address:port`. */
  readonly endpoint: string;
  /**
   * `standby`: unready, asked only when none is ready. `ejected`: failing, left out for `ejectedForMs` more. `probation`: that time is over,
   * one request will decide. `idle`: not asked yet, or nobody serves this configuration.
   */
  readonly state: 'in use' | 'idle' | 'standby' | 'ejected' | 'probation';
  readonly ready: boolean;
  readonly zone: string;
  /** Expected wait in milliseconds if it received one more request: the lower of two drawn at random gets it. Null: not measured. */
  readonly score: number | null;
  /** Peak-sensitive moving average of the time to the response head. Null: not measured. */
  readonly latencyMs: number | null;
  readonly inFlight: number;
  readonly requests: number;
  readonly failures: number;
  readonly ejections: number;
  readonly ejectedForMs: number;
}

/** The endpoints of one backend, in the order of its slices. Reads the shared memory, writes nothing. */
export function describeEndpoints(
  endpoints: readonly AssignedEndpoint[],
  stats: EndpointStats,
  nowMs: number,
): readonly EndpointFacts[] {
  const score = scorer(endpoints, stats, nowMs);
  return endpoints.map((endpoint) => {
    const { row, ready, zone } = endpoint;
    const measuredMs = stats.latencyMs(row, nowMs);
    const ejectedForMs = stats.isOut(row) ? Math.max(0, stats.ejectedUntilMs(row) - nowMs) : 0;
    return {
      endpoint: endpointKey(endpoint),
      state: stateOf(stats.isOut(row), ejectedForMs, ready, measuredMs),
      ready,
      zone,
      score: score(endpoint),
      latencyMs: measuredMs === 0 ? null : rounded(measuredMs),
      inFlight: stats.inFlight(row),
      requests: stats.requests(row),
      failures: stats.failures(row),
      ejections: stats.ejections(row),
      ejectedForMs: rounded(ejectedForMs),
    };
  });
}

/** The same for a configuration that nobody serves. */
export function describeUnserved(endpoints: readonly Omit<AssignedEndpoint, 'row'>[]): readonly EndpointFacts[] {
  const unknown = {
    score: null,
    latencyMs: null,
    inFlight: 0,
    requests: 0,
    failures: 0,
    ejections: 0,
    ejectedForMs: 0,
  };
  return endpoints.map((endpoint) => {
    const { ready, zone } = endpoint;
    return { endpoint: endpointKey(endpoint), state: ready ? 'idle' : 'standby', ready, zone, ...unknown };
  });
}

/**
 * Scores as a worker would compute them, from a pool of the endpoints that were measured: workers have put those to use already, so that
 * this pool finds nothing to initialise in the shared memory.
 */
function scorer(
  endpoints: readonly AssignedEndpoint[],
  stats: EndpointStats,
  nowMs: number,
): (endpoint: AssignedEndpoint) => number | null {
  const measured = endpoints.filter(({ row }) => stats.latencyMs(row, nowMs) !== 0);
  const pool = new EndpointPool({
    stats,
    worker: 0,
    policy: 'p2c-peak-ewma',
    random: () => 0,
    maxInFlight: Number.POSITIVE_INFINITY,
    outlier: defaultOutlier,
  });
  const members = new Map(measured.map((endpoint) => [endpoint, { ...endpoint, key: endpointKey(endpoint) }]));
  pool.update([...members.values()], nowMs);
  return (endpoint) => {
    const member = members.get(endpoint);
    return member === undefined ? null : rounded(pool.score(member, nowMs));
  };
}

/** To microseconds: more is noise. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

function stateOf(isOut: boolean, ejectedForMs: number, ready: boolean, latencyMs: number): EndpointFacts['state'] {
  if (isOut) return ejectedForMs > 0 ? 'ejected' : 'probation';
  if (!ready) return 'standby';
  return latencyMs === 0 ? 'idle' : 'in use';
}
