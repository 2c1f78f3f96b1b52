import { defaultOutlier, EndpointPool, type EndpointStats, type PoolEndpoint, RetryBudget } from '@fairlead/balancer';
import type { Backend, RuleFailure } from '@fairlead/routing';
import type { AssignedEndpoint } from '../../protocol.ts';
import { endpointToken } from '../session-persistence.ts';
import { AdaptiveConnections } from './adaptive-connections.ts';
import { EndpointTarget } from './endpoint-target.ts';
import { Http1Pool } from './http1-pool.ts';
import type { EndpointConnections } from './upstream.ts';
import type { UpstreamShare } from './upstream-share.ts';
import { UpstreamTls } from './upstream-tls.ts';

/** One endpoint of one backend: what the balancer picks, and the connections to it. */
export class UpstreamEndpoint implements PoolEndpoint {
  readonly key: string;
  readonly row: number;
  readonly ready: boolean;
  readonly endpoint: AssignedEndpoint;
  readonly connections: EndpointConnections;

  constructor(endpoint: AssignedEndpoint, connections: EndpointConnections) {
    this.key = keyOf(endpoint);
    this.row = endpoint.row;
    this.ready = endpoint.ready;
    this.endpoint = endpoint;
    this.connections = connections;
  }
}

/** What the backends of a worker share. */
export interface BackendShare {
  readonly upstream: UpstreamShare;
  readonly stats: EndpointStats;
  /** Index of the worker. */
  readonly worker: number;
  readonly random: () => number;
}

/** A backend as it runs: its endpoints, what was learned of them, the connections to them. Outlives every change that leaves it alone. */
export class UpstreamBackend {
  readonly backend: Backend;
  /** Requests are answered with this instead of being sent. */
  readonly failure: RuleFailure | null;
  readonly pool: EndpointPool<UpstreamEndpoint>;
  readonly budget: RetryBudget;
  readonly #share: BackendShare;
  readonly #tls: UpstreamTls | null;
  #endpoints: ReadonlyMap<string, UpstreamEndpoint> = new Map();
  /** By session token; made when first asked for. */
  #tokens: ReadonlyMap<string, UpstreamEndpoint> | null = null;

  constructor(backend: Backend, share: BackendShare) {
    const { settings } = share.upstream;
    this.backend = backend;
    this.#share = share;
    const tls = readTls(backend);
    this.#tls = tls instanceof Error ? null : tls;
    this.failure = tls instanceof Error ? { status: 500, reason: 'invalid_backend_tls' } : backend.failure;
    this.budget = new RetryBudget(settings.retryBudgetRatio, settings.retryBudgetMinPerSecond);
    this.pool = new EndpointPool({
      stats: share.stats,
      worker: share.worker,
      policy: 'p2c-peak-ewma',
      random: share.random,
      maxInFlight: settings.maxInFlightPerEndpoint,
      outlier: defaultOutlier,
    });
  }

  get endpoints(): ReadonlyMap<string, UpstreamEndpoint> {
    return this.#endpoints;
  }

  /** An endpoint that stays keeps its statistics and its connections. */
  setEndpoints(endpoints: readonly AssignedEndpoint[], nowMs: number): void {
    const next = new Map<string, UpstreamEndpoint>();
    for (const endpoint of endpoints) next.set(keyOf(endpoint), this.#keptOrNew(endpoint));
    for (const [key, old] of this.#endpoints) if (!next.has(key)) old.connections.retire();
    this.#endpoints = next;
    this.#tokens = null;
    this.pool.update([...next.values()], nowMs);
  }

  /** The endpoint that a session names; null when it is gone. */
  byToken(token: string): UpstreamEndpoint | null {
    this.#tokens ??= new Map([...this.#endpoints.values()].map((known) => [endpointToken(known.endpoint), known]));
    return this.#tokens.get(token) ?? null;
  }

  sweep(nowMs: number): void {
    for (const { connections } of this.#endpoints.values()) connections.sweep(nowMs);
  }

  /** Nothing new comes here; what is in flight finishes. */
  retire(): void {
    for (const { connections } of this.#endpoints.values()) connections.retire();
  }

  #keptOrNew(endpoint: AssignedEndpoint): UpstreamEndpoint {
    const old = this.#endpoints.get(keyOf(endpoint));
    if (old === undefined) {
      return new UpstreamEndpoint(endpoint, this.#connectionsTo(endpoint));
    }
    if (old.row === endpoint.row && old.ready === endpoint.ready) return old;
    return new UpstreamEndpoint(endpoint, old.connections);
  }

  #connectionsTo({ address, port }: AssignedEndpoint): EndpointConnections {
    const target = new EndpointTarget(address, port, this.#tls, this.backend.protocol);
    const share = this.#share.upstream;
    return target.speaks === 'http1' ? new Http1Pool(target, share) : new AdaptiveConnections(target, share);
  }
}

function keyOf(endpoint: AssignedEndpoint): string {
  return `${endpoint.address} ${endpoint.port}`;
}

function readTls(backend: Backend): UpstreamTls | Error | null {
  if (backend.tls === null || backend.failure !== null) return null;
  try {
    return new UpstreamTls(backend.tls);
  } catch (error) {
    return error as Error;
  }
}
