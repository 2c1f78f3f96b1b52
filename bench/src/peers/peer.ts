import type { StartedProcess } from '@fairlead/e2e';
import type { Site } from '../site.ts';

/** A proxy that can be measured. */
export interface Peer {
  readonly name: string;
  /** Listens when it resolves. `directory` exists and is the target's own. */
  start(site: Site, directory: string): Promise<StartedProcess>;
  /** Makes a running target take another site without a restart; absent where it can't. */
  reload?(site: Site, directory: string, process: StartedProcess): Promise<void>;
}

export function byHost<T extends { readonly host: string }>(routes: readonly T[]): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(routes, (route) => route.host);
}
