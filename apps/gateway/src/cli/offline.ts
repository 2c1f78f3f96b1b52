import { stat } from 'node:fs/promises';
import { readClientTraffic } from '@fairlead/resources';
import { type Compiled, compile } from '@fairlead/routing';
import { certificateReader } from '../control/certificate-reader.ts';
import { controllerName, defaultAddresses } from '../control/compile-defaults.ts';
import { loadDirectory } from '../control/source/directory-source.ts';
import { CommandError } from './command.ts';

/** A directory of manifests, read and compiled without serving it. */
export interface Offline {
  readonly source: ReturnType<typeof loadDirectory>;
  readonly compiled: Compiled;
}

/** Throws `CommandError` when there is no such directory. What is wrong inside it is in the problems. */
export async function loadOffline(directory: string): Promise<Offline> {
  const isDirectory = await stat(directory).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isDirectory) throw new CommandError(`${directory}: no such directory`);
  const source = loadDirectory(directory);
  return {
    source,
    compiled: compile(
      source.state,
      { controllerName, defaultAddresses, certificates: certificateReader, readClientTraffic },
      null,
    ),
  };
}
