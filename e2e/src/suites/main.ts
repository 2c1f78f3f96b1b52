import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { suites } from './all-suites.ts';
import { inOwnCluster, isInsideOwnCluster } from './in-own-cluster.ts';
import { prepareSuites, runSuites } from './run-suites.ts';
import { parseRunnerOptions, type RunnerOptions, usage } from './runner-options.ts';
import { formatReport, isGreen } from './suite-report.ts';

const root = resolve(import.meta.dirname, '../../..');
const { version } = JSON.parse(readFileSync(resolve(root, 'apps/gateway/package.json'), 'utf8')) as { version: string };
const options = parseRunnerOptions(process.argv.slice(2), suites, resolve(root, 'e2e/results', version));
if (typeof options === 'string') {
  console.error(`${options}\n\n${usage(suites)}`);
  process.exit(2);
}
process.exitCode = await run(options);

async function run(options: RunnerOptions): Promise<number> {
  if (!isInsideOwnCluster()) await prepareSuites(options.suites);
  if (!isInsideOwnCluster() && process.env.KUBECONFIG === undefined) return inOwnCluster(options.keep);
  const reports = await runSuites(options);
  for (const report of reports) console.log(options.json ? JSON.stringify(report) : formatReport(report));
  return reports.every(isGreen) ? 0 : 1;
}
