import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Dispatcher } from 'undici';
import { hasServiceAccount, inClusterAccess, serviceAccountFolder } from './in-cluster-access.ts';

/** Where the API server is and how to speak to it. */
export interface ClusterAccess {
  readonly server: URL;
  /** One pool of connections for everything; new connections use the certificates of that moment. */
  readonly dispatcher: Dispatcher;
  /** The value of the `Authorization` header, null without one (client certificates). Read anew when it gets old. */
  authorization(): Promise<string | null>;
  /** The server did not accept this `authorization()`: unless it was replaced meanwhile, the next one is read or fetched anew. */
  invalidate(refused: string | null): void;
  /** Further headers of each request: impersonation. */
  readonly headers: Readonly<Record<string, string>>;
  /** The one that the credentials name: where this replica's own objects are. */
  readonly namespace: string;
  /** `cluster` in a pod, else the kubeconfig's context: for messages. */
  readonly name: string;
}

export interface ClusterAccessOptions {
  /** Null: `$KUBECONFIG`, else the pod's service account, else `~/.kube/config`. */
  readonly kubeconfig?: string | null;
  /** Null: the kubeconfig's current context. */
  readonly context?: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** There is no cluster to be found, or what describes it can't be used. The message is for people. */
export class ClusterAccessError extends Error {
  override readonly name = 'ClusterAccessError';
}

/**
 * Finds the cluster. In a pod nothing of @kubernetes/client-node is loaded: it costs 0.4 s and 85 MB, and a service account is two files.
 * Throws `ClusterAccessError`.
 */
export async function loadClusterAccess(options: ClusterAccessOptions): Promise<ClusterAccess> {
  const { kubeconfig = null, context = null, env } = options;
  const named = kubeconfig !== null || context !== null || Boolean(env.KUBECONFIG);
  if (!named && hasServiceAccount(env, serviceAccountFolder)) return inClusterAccess(env, serviceAccountFolder);
  const files = configFiles(kubeconfig, env);
  const { kubeconfigAccess } = await import('./kubeconfig-access.ts');
  return kubeconfigAccess({ files, context });
}

function configFiles(file: string | null, env: ClusterAccessOptions['env']): readonly string[] {
  if (file !== null) return [file];
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return listed;
  const home = join(env.HOME || homedir(), '.kube', 'config');
  if (existsSync(home)) return [home];
  throw new ClusterAccessError(`there is no cluster to be seen: not in a pod, no $KUBECONFIG, no ${home}`);
}
