import { existsSync, readFileSync, statSync } from 'node:fs';
import { GatewayProcess } from '../control/gateway-process.ts';
import { DirectorySource } from '../control/source/directory-source.ts';
import { StatusOutput } from '../control/status-output.ts';
import { createLog, type Log } from '../observe/log.ts';
import { guarded, type Output, processOutput } from './command.ts';
import { canSharePorts, parseRunOptions, type RunOptions, runUsage, UsageError } from './run-options.ts';

/** Resolves with the exit code once a signal has ended the gateway, or at once when it can't start. */
export async function run(args: readonly string[], output: Output = processOutput): Promise<number> {
  return guarded(runUsage, output, async () => {
    const options = parseRunOptions(args, process.env);
    if (options === null) {
      output.stdout(runUsage);
      return 0;
    }
    if (!existsSync(options.directory) || !statSync(options.directory).isDirectory()) {
      throw new UsageError(`--from ${options.directory}: no such directory`);
    }
    return serve(options);
  });
}

async function serve(options: RunOptions): Promise<number> {
  const log = createLog(options.logLevel, process.stderr.isTTY === true && !options.json);
  const gateway = createGateway(options, log);
  gateway.prepare();
  // Fastify takes a third of a second to load: meanwhile the workers do too.
  const { startAdmin } = await import('../admin/admin-server.ts');
  const admin = await startAdmin(gateway, options.admin).catch((error: NodeJS.ErrnoException) => {
    const { host, port } = options.admin;
    log.error(`can't listen on ${host}:${port}, asked for by --admin: ${error.code ?? error.message}`);
    return null;
  });
  if (admin === null) return 1;
  const stop = new AbortController();
  const source = new DirectorySource(options.directory, (update) => {
    for (const problem of update.problems) logProblem(log, problem);
    gateway.update(update).catch((error: unknown) => log.error({ err: error }, 'the update could not be published'));
  });
  await source.start(stop.signal);
  if (options.settings.debugHooks) process.on('SIGUSR2', () => gateway.crashWorker());
  const signal = await nextSignal();
  log.info({ signal }, 'draining; a second signal ends at once');
  process.once('SIGTERM', endAtOnce).once('SIGINT', endAtOnce);
  stop.abort();
  // At a terminal nobody has to learn of it first.
  await gateway.drain(signal === 'SIGINT' ? 0 : options.settings.drain.graceMs);
  await admin.close();
  log.info('stopped');
  return 0;
}

function createGateway(options: RunOptions, log: Log): GatewayProcess {
  const output = options.status === null ? null : new StatusOutput(options.status);
  return new GatewayProcess({
    settings: options.settings,
    sharePorts: canSharePorts,
    version: readVersion(),
    log,
    onCompiled: ({ statuses }) => {
      try {
        output?.write(statuses);
      } catch (error) {
        log.error({ err: error }, 'the statuses could not be written');
      }
    },
  });
}

interface Problem {
  readonly file: string;
  readonly line: number;
  readonly object: string;
  readonly field: string;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

function logProblem(log: Log, { file, line, object, field, message, severity }: Problem): void {
  const where = [`${file}:${line}`, object, field].filter((part) => part !== '').join(' ');
  log[severity === 'error' ? 'error' : 'warn'](`${where}: ${message}`);
}

async function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve).once('SIGINT', resolve);
  });
}

function endAtOnce(): never {
  process.exit(1);
}

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
