import { GatewayProcess } from '../control/gateway-process.ts';
import { StatusOutput } from '../control/status-output.ts';
import { createLog, type Log } from '../observe/log.ts';
import { guarded, type Output, processOutput } from './command.ts';
import { canSharePorts, parseRunOptions, type RunOptions, runUsage } from './run-options.ts';
import { findSource, type Source } from './run-source.ts';
import { readVersion } from './version.ts';

/** Resolves with the exit code once a signal has ended the gateway, or at once when it can't start. */
export async function run(args: readonly string[], output: Output = processOutput): Promise<number> {
  return guarded(runUsage, output, async () => {
    const options = parseRunOptions(args, process.env);
    if (options === null) {
      output.stdout(runUsage);
      return 0;
    }
    const log = createLog(options.logLevel, process.stderr.isTTY === true && !options.json);
    return serve(options, log, await findSource(options, log));
  });
}

async function serve(options: RunOptions, log: Log, source: Source): Promise<number> {
  const gateway = createGateway(options, log, source);
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
  await source.start(stop.signal, (update) => {
    gateway.update(update).catch((error: unknown) => log.error({ err: error }, 'the update could not be published'));
  });
  if (options.settings.debugHooks) process.on('SIGUSR2', () => gateway.crashWorker());
  const signal = await nextSignal();
  log.info({ signal }, 'draining; a second signal ends at once');
  process.once('SIGTERM', endAtOnce).once('SIGINT', endAtOnce);
  stop.abort();
  // At a terminal nobody has to learn of it first.
  await gateway.drain(signal === 'SIGINT' ? 0 : options.settings.drain.graceMs);
  await Promise.all([admin.close(), source.ended()]);
  log.info('stopped');
  return 0;
}

function createGateway(options: RunOptions, log: Log, source: Source): GatewayProcess {
  const output = options.status === null ? null : new StatusOutput(options.status);
  return new GatewayProcess({
    settings: options.settings,
    allowLocalEndpoints: mayUseLocalEndpoints(options.source),
    sharePorts: canSharePorts,
    version: readVersion(),
    log,
    onServed: (served) => source.noteServed(served),
    onCompiled: (compiled) => {
      source.noteCompiled(compiled);
      try {
        output?.write(compiled.statuses);
      } catch (error) {
        log.error({ err: error }, 'the statuses could not be written');
      }
    },
  });
}

/** Whoever writes the manifests of a folder may write any address of this machine; a cluster has many who write. */
function mayUseLocalEndpoints(source: RunOptions['source']): boolean {
  return source.from === 'directory' || source.allowLocalEndpoints;
}

async function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve).once('SIGINT', resolve);
  });
}

function endAtOnce(): never {
  process.exit(1);
}
