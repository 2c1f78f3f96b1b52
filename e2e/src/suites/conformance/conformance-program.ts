import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { OwnCluster } from '../../cluster/own-cluster.ts';
import { runCommand } from '../../run-command.ts';

/** Releases of the official suite that e2e/conformance pins. */
export type SuiteVersion = 'v1.7.0' | 'v1.6.3';

/** What each needs to be compiled; Go fetches a toolchain that it does not have as a module. */
const toolchains: Readonly<Record<SuiteVersion, string>> = { 'v1.7.0': 'go1.27.3', 'v1.6.3': 'local' };
const modules = resolve(import.meta.dirname, '../../../conformance');
const buildTimeoutMs = 3_600_000;

/** Where the compiled suite is, or will be: its name changes with what is pinned. */
export function conformanceProgram(version: SuiteVersion): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'conformance_test.go']) {
    hash.update(readFileSync(join(modules, version, file)));
  }
  const name = `conformance-${version}-${hash.digest('hex').slice(0, 12)}`;
  return join(new OwnCluster().cache, 'conformance', name);
}

/** Compiles the suite when it is missing: about five minutes of CPU, at low priority. Throws with what the compiler said. */
export async function buildConformance(version: SuiteVersion, progress: (line: string) => void): Promise<void> {
  const program = conformanceProgram(version);
  if (existsSync(program)) return;
  progress(`compiling the Gateway API suite ${version} (once; minutes) …`);
  mkdirSync(join(program, '..'), { recursive: true });
  const unfinished = `${program}.${process.pid}`;
  const settings = [`GOTOOLCHAIN=${toolchains[version]}`, 'GOWORK=off', 'GOFLAGS=-mod=readonly', 'CGO_ENABLED=0'];
  const compile = [
    'go',
    '-C',
    join(modules, version),
    'test',
    '-c',
    '-trimpath',
    '-ldflags=-s -w',
    '-o',
    unfinished,
    '.',
  ];
  const { code, output } = await runCommand('nice', ['-n', '19', 'env', ...settings, ...compile], buildTimeoutMs);
  if (code !== 0) throw new Error(`the suite does not compile:\n${output.slice(-4_000)}`);
  renameSync(unfinished, program);
}
