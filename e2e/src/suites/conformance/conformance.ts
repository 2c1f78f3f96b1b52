import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fairleadVersion, prepareFairlead, withFairlead } from '../installation/fairlead.ts';
import { type Channel, installGatewayApi } from '../installation/gateway-api.ts';
import { gatewayClass } from '../objects/gateway-objects.ts';
import type { PrepareContext, Suite, SuiteContext } from '../suite.ts';
import { parseConformanceOutput, reportStatistics } from './conformance-output.ts';
import { buildConformance, conformanceProgram, type SuiteVersion } from './conformance-program.ts';

export const conformance: Suite = {
  name: 'conformance',
  summary: 'the official Gateway API suite, v1.7.0 and v1.6.3, standard and experimental channel',
  prepare: prepareConformance,
  run: runConformance,
};

interface Run {
  readonly version: SuiteVersion;
  readonly channel: Channel;
}

const runs: readonly Run[] = [
  { version: 'v1.7.0', channel: 'standard' },
  { version: 'v1.7.0', channel: 'experimental' },
  { version: 'v1.6.3', channel: 'standard' },
];
const profiles = 'GATEWAY-HTTP,GATEWAY-GRPC';
/** Addresses that the own cluster gives out and one that nobody does (RFC 5737). */
const usableAddress = '172.31.0.249';
const unusableAddress = '192.0.2.1';
const timeout = '2h';

/** `--only` takes names of runs (`v1.7.0-standard`) and of single tests. */
async function prepareConformance(context: PrepareContext): Promise<void> {
  await prepareFairlead(context);
  for (const version of new Set(runs.map(({ version }) => version))) await buildConformance(version, context.progress);
}

async function runConformance(context: SuiteContext): Promise<void> {
  const named = runs.filter((run) => context.only.includes(runName(run)));
  const tests = context.only.filter((name) => !runs.some((run) => runName(run) === name));
  const chosen = named.length > 0 ? named : tests.length > 0 ? runs.slice(0, 1) : runs;
  for (const run of chosen) await context.checks.part(runName(run), () => conform(context, run, tests));
}

function runName({ version, channel }: Run): string {
  return `${version}-${channel}`;
}

async function conform(context: SuiteContext, run: Run, tests: readonly string[]): Promise<void> {
  await installGatewayApi(context.cluster, run.version, run.channel);
  await withFairlead(context, async () => {
    for (const test of tests.length > 0 ? tests : [null]) await runProgram(context, run, test);
  });
}

/** One test of the suite or, with null, all of them; the suite's report and its log stay with the results. */
export async function runProgram(context: SuiteContext, run: Run, test: string | null): Promise<void> {
  const base = join(context.results, `conformance-${runName(run)}${test === null ? '' : `-${test}`}`);
  const report = `${base}.yaml`;
  const log = `${base}.log`;
  await logged(conformanceProgram(run.version), flags(context, report, test), log);
  // Told to run one test, the suite calls all others skipped.
  const results = parseConformanceOutput(readFileSync(log, 'utf8')).filter(
    ({ name }) => test === null || name === test,
  );
  for (const { name, outcome, detail } of results) {
    const title = `${runName(run)} ${name}`;
    if (outcome === 'skipped') context.checks.skip(title, 'its features are not claimed');
    else context.checks.expect(title, outcome === 'passed', outcome === 'passed' ? detail : `see ${log}`);
  }
  if (results.length === 0) throw new Error(`the suite ran no test; see ${log}`);
  if (test === null && existsSync(report)) {
    context.checks.figure(runName(run), reportStatistics(readFileSync(report, 'utf8')));
  }
}

/** Without feature flags the suite takes the features that the GatewayClass claims. */
function flags(context: SuiteContext, report: string, test: string | null): readonly string[] {
  return [
    '-test.run=TestConformance',
    '-test.v',
    `-test.timeout=${timeout}`,
    `-kubeconfig=${context.cluster.kubeconfig}`,
    `-gateway-class=${gatewayClass}`,
    `-conformance-profiles=${profiles}`,
    `-usable-address=${process.env.FAIRLEAD_E2E_USABLE_ADDRESS ?? usableAddress}`,
    `-unusable-address=${unusableAddress}`,
    '-organization=fairlead',
    '-project=fairlead',
    '-url=https://fairlead.dev',
    '-contact=https://fairlead.dev/contact',
    `-version=${fairleadVersion}`,
    '-mode=default',
    `-report-output=${report}`,
    ...(test === null ? [] : [`-run-test=${test}`]),
  ];
}

/** Runs it to its end, whatever its exit code: what it says of each test counts. */
async function logged(program: string, args: readonly string[], log: string): Promise<void> {
  const file = createWriteStream(log);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  await new Promise((resolve) => file.end(resolve));
}
