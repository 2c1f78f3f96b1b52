import type { Field } from '@fairlead/message';
import type { TableDiff } from './diff.ts';
import type { HostTable, MatchEntry } from './table.ts';

/** What matching reads of a request. `path` is normalised, without query; `query` without `?`, '' if absent. */
export interface RequestView {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly fields: readonly Field[];
}

/** A match: the entry, and the host table it stands in. `entry.rule` names the rule, `entry.path` feeds prefix replacement. */
export interface Match {
  readonly host: HostTable;
  readonly entry: MatchEntry;
}

/**
 * The compiled matcher of a worker: all listeners and hosts, updated in place by diffs.
 * Cost of `match` does not depend on the number of routes.
 */
export interface Matcher {
  apply(diff: TableDiff): void;
  /** Host without port, lower case. Null when nothing matches. Allocates nothing on the common path. */
  match(listenerId: string, host: string, request: RequestView): Match | null;
}
