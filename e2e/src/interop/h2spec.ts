import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../gateway/free-port.ts';
import { gatewayObjects, routeObject, serviceObjects } from '../gateway/objects.ts';
import { runGateway, writeManifests } from '../gateway/run-gateway.ts';
import { runCommand } from '../run-command.ts';
import { makeCertificateFor, type TlsFiles } from '../tls-files.ts';
import { ensureGoTool } from './go-tools.ts';
import { readH2specReport } from './h2spec-report.ts';
import { PlainBackends } from './plain-backends.ts';
import type { CaseResult, Suite, SuiteContext } from './suite.ts';

export const h2spec: Suite = {
  name: 'h2spec',
  summary: 'h2spec, strict: cleartext and TLS, HTTP/1.1 and HTTP/2 upstreams',
  run: runH2spec,
};

interface Configuration {
  readonly name: string;
  readonly listener: string;
  readonly tls: boolean;
  readonly service: 'http1' | 'h2c';
  readonly port: number;
}

const timeoutMs = 300_000;

export async function runH2spec(context: SuiteContext): Promise<readonly CaseResult[]> {
  const program = await ensureGoTool('h2spec', context.progress);
  const configurations = await allConfigurations();
  const backends = await PlainBackends.start();
  try {
    const directory = join(context.directory, 'manifests');
    writeManifests(directory, 'gateway.json', manifests(configurations, backends, context.directory));
    const gateway = await runGateway({
      directory,
      adminPort: await freePort(),
      cpu: null,
      flags: ['--workers', '1', '--access-log', 'off'],
    });
    try {
      const results: CaseResult[] = [];
      for (const configuration of configurations) {
        if (context.only.length > 0 && !context.only.includes(configuration.name)) continue;
        context.progress(`h2spec: ${configuration.name} …`);
        results.push(...(await runOne(program, configuration, context.directory)));
      }
      return results;
    } finally {
      await gateway.stop('SIGINT');
    }
  } finally {
    backends.stop();
  }
}

async function allConfigurations(): Promise<readonly Configuration[]> {
  const kinds = [
    { name: 'cleartext-http1', listener: 'c1', tls: false, service: 'http1' },
    { name: 'cleartext-h2c', listener: 'c2', tls: false, service: 'h2c' },
    { name: 'tls-http1', listener: 't1', tls: true, service: 'http1' },
    { name: 'tls-h2c', listener: 't2', tls: true, service: 'h2c' },
  ] as const;
  return Promise.all(kinds.map(async (kind) => ({ ...kind, port: await freePort() })));
}

function manifests(
  configurations: readonly Configuration[],
  backends: PlainBackends,
  directory: string,
): readonly object[] {
  const tls: TlsFiles = makeCertificateFor('h2spec.example.com', directory);
  const listeners = configurations.map(({ listener, port, tls }) => ({ name: listener, port, tls }));
  return [
    ...gatewayObjects(listeners, tls),
    ...serviceObjects({ name: 'http1', addresses: [backends.http1], h2c: false }),
    ...serviceObjects({ name: 'h2c', addresses: [backends.h2c], h2c: true }),
    ...configurations.map(({ listener, service }) => routeObject('HTTPRoute', listener, service)),
  ];
}

/** h2spec ends with 1 when a case fails: what counts is its report. */
async function runOne(
  program: string,
  { name, port, tls }: Configuration,
  directory: string,
): Promise<readonly CaseResult[]> {
  const report = join(directory, `${name}.xml`);
  const args = ['--host', '127.0.0.1', '--port', String(port), '--strict', '--junit-report', report];
  const { output } = await runCommand(program, tls ? [...args, '--tls', '--insecure'] : args, timeoutMs);
  if (!existsSync(report)) throw new Error(`h2spec wrote no report for ${name}:\n${output.slice(-2_000)}`);
  return readH2specReport(readFileSync(report, 'utf8'), name);
}
