import { join } from 'node:path';
import { defaultOutlier, EndpointPool, EndpointStats } from '@fairlead/balancer';
import { readClientTraffic } from '@fairlead/resources';
import { type Compiled, compile } from '@fairlead/routing';
import { certificateReader } from '../../control/certificate-reader.ts';
import { controllerName, defaultAddresses } from '../../control/compile-defaults.ts';
import { EndpointIndex } from '../../control/endpoint-index.ts';
import { EndpointRows, endpointKey } from '../../control/endpoint-rows.ts';
import { SlotTable } from '../../control/slot-table.ts';
import { loadDirectory } from '../../control/source/directory-source.ts';
import { WorkerMetrics } from '../../observe/metrics.ts';
import type { AdminView } from '../admin-view.ts';

/** A view of the manifests in cli/testdata/shop as two workers would serve them, for tests. Everything in it may be changed. */
export interface SampleView extends AdminView {
  notReady: readonly string[];
  readonly binds: Map<string, string | null>;
  readonly compiled: Compiled;
  /** Lets `requests` go to an endpoint, each answered after `latencyMs`; then moves the clock. */
  serve(endpoint: string, requests: number, latencyMs: number, failed: boolean): void;
  ruleSlot(id: string): number;
}

const ruleCapacity = 64;

export function sampleView(directory: string = join(import.meta.dirname, '../../cli/testdata/shop')): SampleView {
  const source = loadDirectory(directory);
  const options = { controllerName, defaultAddresses, certificates: certificateReader, readClientTraffic };
  const compiled = compile(source.state, options, null);
  const { changed } = new EndpointIndex({ allowLoopback: true }).update(
    compiled.table.backends,
    source.state.services,
    source.slices,
  );
  const rows = new EndpointRows(new SlotTable(64), () => {});
  for (const set of changed) rows.assign(set, 1);
  const ruleSlots = new SlotTable(ruleCapacity - 1);
  for (const id of compiled.table.rules.keys()) ruleSlots.acquire(id);
  const stats = new EndpointStats(new SharedArrayBuffer(EndpointStats.byteLength(64)));
  let nowMs = 1_000;
  return {
    startedAtMs: 1_700_000_000_000,
    version: '1.2.3',
    notReady: [],
    config: { version: 7, updatedAtMs: 1_700_000_001_500, isComplete: true, sourceProblems: source.problems },
    workers: { wanted: 2, serving: 2, lost: 1, longestUpdateMs: 3, longestReplacementMs: 40 },
    table: compiled.table,
    problems: compiled.problems,
    binds: new Map([...compiled.table.binds.keys()].map((key) => [key, null])),
    endpointSets: rows.sets,
    stats,
    metrics: [0, 1].map(() => new WorkerMetrics(new SharedArrayBuffer(WorkerMetrics.byteLength(ruleCapacity)))),
    ruleSlots: [...ruleSlots.entries()],
    sharedRuleSlot: null,
    nowMs: () => nowMs,
    compiled,
    ruleSlot: (id) => ruleSlots.get(id)!,
    serve: (endpoint, requests, latencyMs, failed) => {
      const found = [...rows.sets.values()]
        .flatMap(({ endpoints }) => endpoints)
        .map((own) => ({ ...own, key: endpointKey(own) }));
      const pool = new EndpointPool({
        ...{ stats, worker: 0, policy: 'round-robin', random: () => 0.5, maxInFlight: 100, outlier: defaultOutlier },
      });
      pool.update(found, nowMs);
      const target = found.find(({ key }) => key === endpoint)!;
      for (let i = 0; i < requests; i++) {
        const lease = pool.pickThis(target, nowMs);
        if (lease === null) return;
        nowMs += latencyMs;
        lease.headReceived(nowMs, failed);
        lease.settle(nowMs, failed ? 'failure' : 'success');
      }
    },
  };
}
