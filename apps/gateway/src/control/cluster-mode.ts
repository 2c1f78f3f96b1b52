import { type ClusterAccess, KubeApi, loadClusterAccess } from '@fairlead/kube';
import type { Log } from '../observe/log.ts';
import { controllerName } from './compile-defaults.ts';
import { KubeSource } from './source/kube-source.ts';
import type { SourceUpdate } from './source/source-update.ts';

export interface ClusterModeOptions {
  /** See `ClusterAccessOptions`. */
  readonly kubeconfig: string | null;
  readonly context: string | null;
  /** Null: the one of the credentials. */
  readonly namespace: string | null;
  readonly podName: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly onUpdate: (update: SourceUpdate) => void;
}

/** What a replica needs to live in a cluster. */
export class ClusterMode {
  readonly api: KubeApi;
  readonly source: KubeSource;
  /** Where this replica and what belongs to its fleet are. */
  readonly namespace: string;
  readonly podName: string;
  readonly #access: ClusterAccess;
  readonly #log: Log;

  private constructor(access: ClusterAccess, options: ClusterModeOptions) {
    const { log, onUpdate, podName, version } = options;
    this.#access = access;
    this.#log = log;
    this.podName = podName;
    this.namespace = options.namespace ?? access.namespace;
    this.api = new KubeApi(access, { userAgent: `fairlead/${version} (${podName})` });
    this.source = new KubeSource({ api: this.api, controllerName, log, onUpdate });
  }

  /** Finds the cluster without speaking to it. Throws `ClusterAccessError` when there is none. */
  static async find(options: ClusterModeOptions): Promise<ClusterMode> {
    return new ClusterMode(await loadClusterAccess(options), options);
  }

  /** Follows the cluster until `signal` aborts. */
  start(signal: AbortSignal): void {
    const { server, name } = this.#access;
    this.#log.info({ server: server.href, context: name, namespace: this.namespace }, 'following the cluster');
    this.source.start(signal);
  }
}
