import type { Cluster } from '../cluster/cluster.ts';
import type { Checks } from './checks.ts';

/** One question asked of a gateway in a real cluster. */
export interface Suite {
  readonly name: string;
  readonly summary: string;
  /** What needs the outside world: compilers, registries. Runs before the cluster's network is entered, and may take minutes the first time. */
  prepare?(context: PrepareContext): Promise<void>;
  run(context: SuiteContext): Promise<void>;
}

export interface PrepareContext {
  progress(line: string): void;
}

export interface SuiteContext extends PrepareContext {
  readonly cluster: Cluster;
  readonly checks: Checks;
  /** Names of the parts to run; all when empty. */
  readonly only: readonly string[];
  /** Charts, tables and reports go here. */
  readonly results: string;
}

/** Whether a part of a suite was asked for. */
export function wants(context: SuiteContext, part: string): boolean {
  return context.only.length === 0 || context.only.includes(part);
}
