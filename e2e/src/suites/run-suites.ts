import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { Cluster } from '../cluster/cluster.ts';
import { OwnCluster } from '../cluster/own-cluster.ts';
import { ensureGo } from '../interop/go-tools.ts';
import { Checks, type SuiteReport } from './checks.ts';
import { isInsideOwnCluster } from './in-own-cluster.ts';
import type { RunnerOptions } from './runner-options.ts';
import type { Suite } from './suite.ts';

const progress = (line: string): void => console.error(line);

/** Everything that is to be compiled or fetched, while registries can be reached. */
export async function prepareSuites(suites: readonly Suite[]): Promise<void> {
  const go = await ensureGo(progress);
  process.env.PATH = dirname(go) + delimiter + process.env.PATH;
  for (const suite of suites) await suite.prepare?.({ progress });
}

/** One after the other, in the cluster of $KUBECONFIG. */
export async function runSuites(options: RunnerOptions): Promise<readonly SuiteReport[]> {
  const cluster = await Cluster.open(process.env.KUBECONFIG!, isInsideOwnCluster() ? new OwnCluster() : null);
  const results = resultsDirectory(options.results);
  const reports: SuiteReport[] = [];
  try {
    for (const suite of options.suites) {
      const checks = new Checks(suite.name, progress);
      await checks.part(suite.name, () => suite.run({ cluster, checks, only: options.only, results, progress }));
      reports.push(checks.report());
    }
  } finally {
    cluster.close();
  }
  return reports;
}

function resultsDirectory(kept: string | null): string {
  if (kept === null) return mkdtempSync(join(tmpdir(), 'fairlead-e2e-'));
  mkdirSync(kept, { recursive: true });
  return kept;
}
