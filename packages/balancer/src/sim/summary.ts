import type { SimBackend } from './sim-backend.ts';
import type { RequestRecord, Simulation } from './simulation.ts';

/** What happened between two moments. */
export interface Summary {
  readonly requests: number;
  /** Failed, refused or not answered. */
  readonly failed: number;
  readonly refused: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Hits per request, by backend: tries that are retries count too. */
  readonly shares: readonly number[];
}

/** Requests that started in [fromMs, toMs). Run the simulation on for a while first, so that what can end has ended. */
export function summarise(simulation: Simulation, fromMs: number, toMs: number): Summary {
  const requests = simulation.requests.filter(({ startedMs }) => startedMs >= fromMs && startedMs < toMs);
  const latencies = requests.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const count = (matches: (request: RequestRecord) => boolean) => requests.filter(matches).length;
  return {
    requests: requests.length,
    failed: count(({ status }) => status !== 'ok'),
    refused: count(({ status }) => status === 'refused'),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: latencies.at(-1) ?? 0,
    shares: simulation.backends.map((backend) => hits(backend, fromMs, toMs) / requests.length),
  };
}

export function hits(backend: SimBackend, fromMs: number, toMs: number): number {
  return backend.hitsAtMs.filter((atMs) => atMs >= fromMs && atMs < toMs).length;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
