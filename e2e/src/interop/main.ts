import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aborts } from './aborts.ts';
import { attacks } from './attacks.ts';
import { grpc } from './grpc.ts';
import { h2spec } from './h2spec.ts';
import { formatInteropReport, toInteropReport } from './interop-report.ts';
import { soak } from './soak.ts';
import type { CaseResult, Suite } from './suite.ts';

const suites: readonly Suite[] = [h2spec, grpc, attacks, soak, aborts];

const usage = `usage: npm run interop -- SUITE [--runs N] [--only CONFIGURATION,…] [--requests N] [--json]

${suites.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join('\n')}

Against a real \`fairlead run\`. Exit code 0 when nothing fails, 1 when something does. The Go tools are built when missing; that needs Go
1.26, which is installed from PyPI where it is missing.
`;

const options = {
  runs: { type: 'string' },
  only: { type: 'string' },
  requests: { type: 'string' },
  json: { type: 'boolean' },
} as const;
const { values, positionals } = parse();
const suite = suites.find(({ name }) => name === positionals[0]);
const runs = Number(values.runs ?? 1);
const requests = Number(values.requests ?? 200_000);
if (suite === undefined || positionals.length > 1 || !isCount(runs) || !isCount(requests)) fail();
process.exitCode = await run(suite);

async function run(suite: Suite): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-interop-'));
  const only = values.only?.split(',') ?? [];
  const progress = (line: string): void => console.error(line);
  try {
    const results: CaseResult[] = [];
    for (let i = 1; i <= runs; i++) {
      if (runs > 1) progress(`run ${i} of ${runs}`);
      results.push(...(await suite.run({ directory, only, requests, progress })));
    }
    const report = toInteropReport(suite.name, runs, results);
    console.log(values.json ? JSON.stringify(report, null, 2) : formatInteropReport(report));
    return report.failed === 0 && report.passed > 0 ? 0 : 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0;
}

function parse(): ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>> {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    console.error((error as Error).message);
    return fail();
  }
}

function fail(): never {
  console.error(usage);
  process.exit(2);
}
