import { existsSync, statSync } from 'node:fs';
import type { Compiled } from '@fairlead/routing';
import type { Generations } from '../control/served-gateways.ts';
import { DirectorySource } from '../control/source/directory-source.ts';
import type { SourceProblem, SourceUpdate } from '../control/source/source-update.ts';
import type { Log } from '../observe/log.ts';
import { CommandError } from './command.ts';
import { type ClusterOptions, type RunOptions, UsageError } from './run-options.ts';
import { readVersion } from './version.ts';

/** What `fairlead run` serves. */
export interface Source {
  /** Calls `onUpdate` now, or when there is something to serve, and after each change until `signal` aborts. */
  start(signal: AbortSignal, onUpdate: (update: SourceUpdate) => void): Promise<void>;
  /** After each compile. */
  noteCompiled(compiled: Compiled): void;
  /** See `GatewayProcessOptions.onServed`. */
  noteServed(served: Generations): void;
  /** Resolves some time after the signal, when nothing is under way any more. */
  ended(): Promise<void>;
}

/** A folder is told nothing. */
const toNobody: Omit<Source, 'start'> = { noteCompiled: () => {}, noteServed: () => {}, ended: async () => {} };

/** Throws `UsageError` or `CommandError` when there is nothing to be served. */
export async function findSource(options: RunOptions, log: Log): Promise<Source> {
  return options.source.from === 'directory'
    ? findDirectory(options.source.directory, log)
    : findCluster(options.source, log);
}

function findDirectory(directory: string, log: Log): Source {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    throw new UsageError(`--from ${directory}: no such directory`);
  }
  return {
    ...toNobody,
    start: (signal, onUpdate) =>
      new DirectorySource(directory, (update) => {
        for (const problem of update.problems) logProblem(log, problem);
        onUpdate(update);
      }).start(signal),
  };
}

/** What only a cluster needs is loaded only for one. */
async function findCluster(options: ClusterOptions, log: Log): Promise<Source> {
  const { ClusterMode } = await import('../control/cluster-mode.ts');
  const { ClusterAccessError } = await import('@fairlead/kube');
  const said = new SaidProblems(log);
  let pass: (update: SourceUpdate) => void = () => {};
  const onUpdate = (update: SourceUpdate): void => {
    said.note(update.problems);
    pass(update);
  };
  const version = readVersion();
  const mode = await ClusterMode.find({ ...options, version, env: process.env, log, onUpdate }).catch(
    (error: unknown) => {
      if (!(error instanceof ClusterAccessError)) throw error;
      throw new CommandError(`${error.message}\nTo serve a directory of manifests: fairlead run --from DIR`);
    },
  );
  return {
    start: async (signal, receive) => {
      pass = receive;
      mode.start(signal);
    },
    noteCompiled: ({ statuses }) => mode.statuses.want(statuses),
    noteServed: (served) => mode.statuses.noteServed(served),
    ended: () => mode.ended,
  };
}

/** A cluster changes all the time: a problem is said when it is new. What is about a kind as a whole, the store has said. */
class SaidProblems {
  readonly #log: Log;
  #said: ReadonlySet<string> = new Set();

  constructor(log: Log) {
    this.#log = log;
  }

  note(problems: readonly SourceProblem[]): void {
    const now = new Set<string>();
    for (const problem of problems.filter(({ object }) => object.includes(' '))) {
      const id = `${problem.object} ${problem.field} ${problem.message}`;
      now.add(id);
      if (!this.#said.has(id)) logProblem(this.#log, problem);
    }
    this.#said = now;
  }
}

function logProblem(log: Log, { file, line, object, field, message, severity }: SourceProblem): void {
  const where = [file === '' ? '' : `${file}:${line}`, object, field].filter((part) => part !== '').join(' ');
  log[severity === 'error' ? 'error' : 'warn'](`${where}: ${message}`);
}
