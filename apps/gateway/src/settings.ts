/** Limits and deadlines of the data plane. Defaults hold for everybody; policies will override them per Gateway. */
export interface Settings {
  readonly workers: number;
  readonly accessLog: AccessLogTarget;
  readonly downstream: DownstreamSettings;
  readonly upstream: UpstreamSettings;
  readonly drain: DrainSettings;
  /** Add `x-fairlead-reason` to answers made here. */
  readonly exposeReason: boolean;
  readonly debugHooks: boolean;
}

export type AccessLogTarget =
  | { readonly to: 'off' }
  | { readonly to: 'stdout' }
  | { readonly to: 'file'; readonly path: string };

export interface DownstreamSettings {
  readonly headTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Slowest body accepted, averaged over `bodyGraceMs`. */
  readonly minBodyBytesPerSecond: number;
  readonly bodyGraceMs: number;
  /** A client that takes nothing of a response for this long is cut off. */
  readonly writeIdleMs: number;
  readonly maxTargetBytes: number;
  readonly maxHeadBytes: number;
  readonly maxFields: number;
  readonly allowUnderscores: boolean;
  /** What to do with %2f, %5c and backslash in paths. */
  readonly encodedSlashes: 'reject' | 'keep';
  readonly maxConnectionsPerClient: number;
  /** CIDRs whose X-Forwarded-* are believed. */
  readonly trustedProxies: readonly string[];
}

export interface UpstreamSettings {
  readonly connectTimeoutMs: number;
  readonly maxIdlePerEndpoint: number;
  readonly idleTimeoutMs: number;
  readonly maxInFlightPerEndpoint: number;
  readonly retryAttempts: number;
  readonly retryBudgetRatio: number;
  readonly retryBudgetMinPerSecond: number;
}

interface DrainSettings {
  /** Readiness is false and accepting goes on for this long. */
  readonly graceMs: number;
  readonly deadlineMs: number;
}

export const defaultSettings: Settings = {
  workers: 1,
  accessLog: { to: 'stdout' },
  downstream: {
    headTimeoutMs: 10_000,
    idleTimeoutMs: 60_000,
    minBodyBytesPerSecond: 240,
    bodyGraceMs: 10_000,
    writeIdleMs: 60_000,
    maxTargetBytes: 8_192,
    maxHeadBytes: 16_384,
    maxFields: 128,
    allowUnderscores: false,
    encodedSlashes: 'reject',
    maxConnectionsPerClient: 10_000,
    trustedProxies: [],
  },
  upstream: {
    connectTimeoutMs: 2_000,
    maxIdlePerEndpoint: 100,
    idleTimeoutMs: 60_000,
    maxInFlightPerEndpoint: 1_024,
    retryAttempts: 1,
    retryBudgetRatio: 0.2,
    retryBudgetMinPerSecond: 10,
  },
  drain: { graceMs: 5_000, deadlineMs: 60_000 },
  exposeReason: false,
  debugHooks: false,
};
