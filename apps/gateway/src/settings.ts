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
  readonly proxyProtocol: ProxyProtocolMode;
  readonly http2: ClientHttp2Settings;
  readonly recycling: RecyclingSettings;
}

/** 'trusted': a PROXY protocol header is read from peers in `trustedProxies` that send one, refused from all others. */
export type ProxyProtocolMode = 'off' | 'trusted' | 'required';

interface ClientHttp2Settings {
  readonly maxConcurrentStreams: number;
  /** First receive window of a stream; grows while the stream uses it up, at most to `maxStreamWindowBytes`. */
  readonly streamWindowBytes: number;
  readonly maxStreamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** Octets of a field section after decompression, counted as RFC 9113 §10.5.1 does. */
  readonly maxFieldSectionBytes: number;
  /** Resets of either side soon after a stream's begin, within `floodWindowMs`. */
  readonly maxEarlyResets: number;
  /** Frames that carry no request or body (PING, SETTINGS, PRIORITY, empty DATA, …), within `floodWindowMs`. */
  readonly maxControlFrames: number;
  readonly floodWindowMs: number;
  /** A PING is sent after this much silence; 0 for never. */
  readonly pingIdleMs: number;
  readonly pingTimeoutMs: number;
}

/** How long-lived connections are spread anew over replicas and workers. */
export interface RecyclingSettings {
  /** A connection is asked to leave when this old, give or take `maxAgeJitter` of it; 0 for never. */
  readonly maxAgeMs: number;
  readonly maxAgeJitter: number;
  /** Chance that a request is its connection's last, 0 to 1. */
  readonly goawayChance: number;
  /** Clients whose `User-Agent` begins with one of these are never asked. */
  readonly excludedUserAgents: readonly string[];
  /** Most connections that one worker asks to leave in a second. */
  readonly maxPerSecond: number;
}

export interface UpstreamSettings {
  readonly connectTimeoutMs: number;
  readonly maxIdlePerEndpoint: number;
  readonly idleTimeoutMs: number;
  readonly maxInFlightPerEndpoint: number;
  readonly retryAttempts: number;
  readonly retryBudgetRatio: number;
  readonly retryBudgetMinPerSecond: number;
  readonly http2: UpstreamHttp2Settings;
}

export interface UpstreamHttp2Settings {
  /** Streams of one connection, also when its peer allows more. */
  readonly maxConcurrentStreams: number;
  /** Share of the allowed streams in use at which another connection is opened. */
  readonly openAnotherAt: number;
  readonly streamWindowBytes: number;
  readonly maxStreamWindowBytes: number;
  readonly connectionWindowBytes: number;
  /** A connection that is silent this long while requests wait is asked with a PING whether it lives. */
  readonly pingIdleMs: number;
  readonly pingTimeoutMs: number;
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
    proxyProtocol: 'off',
    http2: {
      maxConcurrentStreams: 100,
      streamWindowBytes: 65_536,
      maxStreamWindowBytes: 262_144,
      connectionWindowBytes: 1_048_576,
      maxFieldSectionBytes: 65_536,
      maxEarlyResets: 200,
      maxControlFrames: 1_000,
      floodWindowMs: 10_000,
      pingIdleMs: 30_000,
      pingTimeoutMs: 15_000,
    },
    recycling: { maxAgeMs: 0, maxAgeJitter: 0.1, goawayChance: 0, excludedUserAgents: [], maxPerSecond: 50 },
  },
  upstream: {
    connectTimeoutMs: 2_000,
    maxIdlePerEndpoint: 100,
    idleTimeoutMs: 60_000,
    maxInFlightPerEndpoint: 1_024,
    retryAttempts: 1,
    retryBudgetRatio: 0.2,
    retryBudgetMinPerSecond: 10,
    http2: {
      maxConcurrentStreams: 256,
      openAnotherAt: 0.8,
      streamWindowBytes: 262_144,
      maxStreamWindowBytes: 1_048_576,
      connectionWindowBytes: 16_777_216,
      pingIdleMs: 1_500,
      pingTimeoutMs: 3_000,
    },
  },
  drain: { graceMs: 5_000, deadlineMs: 60_000 },
  exposeReason: false,
  debugHooks: false,
};
