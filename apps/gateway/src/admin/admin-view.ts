import type { EndpointStats } from '@fairlead/balancer';
import type { ConditionProblem, RouteTable } from '@fairlead/routing';
import type { SourceProblem } from '../control/source/directory-source.ts';
import type { WorkerMetrics } from '../observe/metrics.ts';
import type { AssignedEndpointSet } from '../protocol.ts';

/**
 * What the admin API may see of the control thread. Read anew for every request; nothing is kept from one to the next. Everything handed
 * out is read-only, and getters cost nothing.
 */
export interface AdminView {
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Version of this program. */
  readonly version: string;
  /** Why requests should not be sent here, for people: `waiting for the first configuration`, `draining`; empty when ready. */
  readonly notReady: readonly string[];
  readonly config: ConfigView;
  readonly workers: WorkersView;
  /** Empty before the first update. */
  readonly table: RouteTable;
  /** What compiling found wrong with objects. */
  readonly problems: readonly ConditionProblem[];
  /** By `Bind.key`: null while it serves, else the system's error code. Binds not tried yet are absent. */
  readonly binds: ReadonlyMap<string, string | null>;
  /** By backend. */
  readonly endpointSets: ReadonlyMap<string, AssignedEndpointSet>;
  readonly stats: EndpointStats;
  /** One per worker index. */
  readonly metrics: readonly WorkerMetrics[];
  /** Rules of `table` that have a slot of their own in the metrics. */
  readonly ruleSlots: Iterable<readonly [rule: string, slot: number]>;
  /** Metrics slot of all rules that have none of their own; null when there is no such rule. */
  readonly sharedRuleSlot: number | null;
  /** The clock of the endpoint statistics. */
  nowMs(): number;
}

export interface ConfigView {
  /** Of the last update published to the workers; 0 before the first. */
  readonly version: number;
  /** Milliseconds since the epoch: when the source last said something new; 0 before the first time. */
  readonly updatedAtMs: number;
  /** The source could read everything at its last try; false while last-known-good is served instead of some of it. */
  readonly isComplete: boolean;
  readonly sourceProblems: readonly SourceProblem[];
}

export interface WorkersView {
  readonly wanted: number;
  readonly serving: number;
  /** Workers that ended without being asked to, since the start. */
  readonly lost: number;
  /** Longest time a serving worker was busy applying one update. */
  readonly longestUpdateMs: number;
  /** Longest time from the loss of a serving worker until another served in its place. */
  readonly longestReplacementMs: number;
}
