import { EndpointPool, type PoolOptions } from './endpoint-pool.ts';
import { EndpointStats } from './endpoint-stats.ts';
import type { Lease } from './lease.ts';
import type { PoolEndpoint } from './member.ts';
import { defaultOutlier } from './outlier.ts';
import { seededRandom } from './sim/seeded-random.ts';

// For tests.

export const startMs = 1_000;

export function createStats(rows: number = 16): EndpointStats {
  return new EndpointStats(new SharedArrayBuffer(EndpointStats.byteLength(rows)));
}

export function endpoint(row: number, more: Partial<PoolEndpoint> = {}): PoolEndpoint {
  return { key: `10.0.0.${row}:80`, row, ready: true, ...more };
}

export function endpoints(count: number): PoolEndpoint[] {
  return Array.from({ length: count }, (_, row) => endpoint(row));
}

/** A pool that holds `count` endpoints since `startMs`. */
export function createPool(count: number, options: Partial<PoolOptions> = {}): EndpointPool<PoolEndpoint> {
  const pool = new EndpointPool<PoolEndpoint>({
    stats: createStats(),
    worker: 0,
    policy: 'p2c-peak-ewma',
    random: seededRandom(1),
    maxInFlight: 1_024,
    outlier: defaultOutlier,
    ...options,
  });
  if (count > 0) pool.update(endpoints(count), startMs);
  return pool;
}

/** A request that the endpoint answers after `latencyMs`. */
export function answer(lease: Lease<PoolEndpoint>, latencyMs: number = 5): void {
  lease.headReceived(lease.startedMs + latencyMs, false);
  lease.settle(lease.startedMs + latencyMs, 'success');
}

/** A request that the endpoint answers with a gateway error. */
export function fail(lease: Lease<PoolEndpoint>, latencyMs: number = 1): void {
  lease.headReceived(lease.startedMs + latencyMs, true);
  lease.settle(lease.startedMs + latencyMs, 'failure');
}

/** Sends requests to this endpoint until it is ejected. */
export function ejectByFailures(pool: EndpointPool<PoolEndpoint>, target: PoolEndpoint, nowMs: number): void {
  for (let i = 0; i < defaultOutlier.consecutiveFailures; i++) fail(pool.pickThis(target, nowMs)!, 0);
}

/** How often each row is picked; every request is answered in 5 ms before the next one. */
export function pickCounts(
  pool: EndpointPool<PoolEndpoint>,
  requests: number,
  fromMs: number,
  stepMs: number,
): number[] {
  const counts = pool.endpoints.map(() => 0);
  for (let i = 0; i < requests; i++) {
    const lease = pool.pick(fromMs + i * stepMs, null)!;
    counts[pool.endpoints.indexOf(lease.endpoint)]!++;
    answer(lease);
  }
  return counts;
}
