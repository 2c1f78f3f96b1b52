import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartedProcess } from '../started-process.ts';

const main = resolve(import.meta.dirname, '../../../apps/gateway/src/main.ts');

export interface GatewayOptions {
  /** Holds the manifests; exists. */
  readonly directory: string;
  readonly adminPort: number;
  /** Null for any. */
  readonly cpu: number | null;
  /** More arguments of `fairlead run`. */
  readonly flags: readonly string[];
}

/** `fairlead run` on a directory of manifests; ready when it resolves. Throws what it printed when it does not become ready in 30 s. */
export async function runGateway(options: GatewayOptions): Promise<StartedProcess> {
  const { directory, adminPort, cpu, flags } = options;
  const admin = `127.0.0.1:${adminPort}`;
  const own = ['--from', directory, '--admin', admin, '--log-level', 'warn', '--drain-grace', '0'];
  const started = StartedProcess.start(cpu, process.execPath, [main, 'run', ...own, ...flags], {
    FAIRLEAD_DEBUG_HOOKS: '1',
  });
  await started.listening(adminPort);
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    if ((await fetch(`http://${admin}/readyz`)).ok) return started;
    await sleep(5);
  }
  await started.stop();
  throw new Error(`fairlead does not become ready:\n${started.output}`);
}

/** Renamed into place, so that a watcher never sees half of it. */
export function writeManifests(directory: string, name: string, items: readonly object[]): void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, name);
  writeFileSync(`${file}.tmp`, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  renameSync(`${file}.tmp`, file);
}
