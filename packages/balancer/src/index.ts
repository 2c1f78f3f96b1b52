/**
 * Chooses an endpoint for every request by what all workers have learned of each endpoint's latency, load and health.
 *
 * Beyond the sketch it was built to: `pick` takes `repeatable`, so that requests that can't be sent twice are kept away from endpoints in
 * doubt.
 */
export { EndpointPool, type PoolOptions, type Refusal } from './endpoint-pool.ts';
export { EndpointStats } from './endpoint-stats.ts';
export type { Lease, Outcome } from './lease.ts';
export type { PoolEndpoint } from './member.ts';
export { defaultOutlier, type OutlierSettings } from './outlier.ts';
export type { PolicyName } from './policies/policy-name.ts';
export { RetryBudget } from './retry-budget.ts';
/** @public */
export { maxWorkers } from './row-layout.ts';
