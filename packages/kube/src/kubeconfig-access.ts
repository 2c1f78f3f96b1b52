import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { ProxyAgent } from 'undici';
import { type ClusterAccess, ClusterAccessError } from './cluster-access.ts';
import { type ConnectionTls, createPool, socketOptions } from './connections.ts';
import { describeError } from './kube-error.ts';

export interface KubeconfigOptions {
  /** Null: those that `$KUBECONFIG` names, else `~/.kube/config`. */
  readonly file: string | null;
  readonly context: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Loads @kubernetes/client-node: import this module only when it is needed. Throws `ClusterAccessError`. */
export async function kubeconfigAccess(options: KubeconfigOptions): Promise<ClusterAccess> {
  const credentials = new Credentials(options);
  const { cluster, context } = credentials;
  const server = new URL(cluster.server);
  const tls = async (): Promise<ConnectionTls> => toTls(await credentials.requestOptions());
  return {
    server,
    dispatcher: cluster.proxyUrl === undefined ? createPool(server, tls) : viaProxy(cluster.proxyUrl, await tls()),
    authorization: () => credentials.authorization(),
    invalidate: () => credentials.forget(),
    headers: credentials.headers,
    namespace: context.namespace || 'default',
    name: context.name,
  };
}

/** Exec plugins and token files look after their own age; this bounds how often they are asked. */
const authorizationAgeMs = 30_000;

/** What a kubeconfig says of the current context, loaded anew when the server stopped to accept it. */
class Credentials {
  readonly #options: KubeconfigOptions;
  #config: KubeConfig;
  #authorization: string | null = null;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: KubeconfigOptions) {
    this.#options = options;
    this.#config = loadConfig(options);
  }

  get cluster(): NonNullable<ReturnType<KubeConfig['getCurrentCluster']>> {
    return this.#config.getCurrentCluster()!;
  }

  get context(): { readonly name: string; readonly namespace?: string } {
    return this.#config.getContextObject(this.#config.getCurrentContext())!;
  }

  get headers(): Readonly<Record<string, string>> {
    const user = this.#config.getCurrentUser()?.impersonateUser;
    return user === undefined ? {} : { 'impersonate-user': user };
  }

  async requestOptions(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    return options;
  }

  async authorization(): Promise<string | null> {
    const nowMs = performance.now();
    if (nowMs - this.#askedAtMs < authorizationAgeMs) return this.#authorization;
    const { auth, headers } = await this.requestOptions();
    const value = (headers as Record<string, unknown> | undefined)?.Authorization;
    if (typeof value === 'string') this.#authorization = value;
    else this.#authorization = auth ? `Basic ${Buffer.from(auth).toString('base64')}` : null;
    this.#askedAtMs = nowMs;
    return this.#authorization;
  }

  /** A file that can't be read just now is being replaced: what is known stays. */
  forget(): void {
    this.#askedAtMs = Number.NEGATIVE_INFINITY;
    try {
      this.#config = loadConfig(this.#options);
    } catch (error) {
      if (!(error instanceof ClusterAccessError)) throw error;
    }
  }
}

function loadConfig(options: KubeconfigOptions): KubeConfig {
  const files = configFiles(options);
  const config = new KubeConfig();
  for (const file of files) mergeFile(config, file);
  if (options.context !== null) config.setCurrentContext(options.context);
  checkConfig(config, files.join(', '));
  return config;
}

function configFiles({ file, env }: KubeconfigOptions): readonly string[] {
  if (file !== null) return [file];
  // Windows separates them by semicolons, as it does in PATH.
  const listed = (env.KUBECONFIG ?? '').split(process.platform === 'win32' ? ';' : ':').filter((path) => path !== '');
  if (listed.length > 0) return listed;
  const home = join(env.HOME || homedir(), '.kube', 'config');
  if (existsSync(home)) return [home];
  throw new ClusterAccessError(`no cluster is to be seen: no pod's service account, no $KUBECONFIG, no ${home}`);
}

/** Of what two files name the same, the first counts, as kubectl has it. */
function mergeFile(config: KubeConfig, file: string): void {
  try {
    const part = new KubeConfig();
    part.loadFromFile(file);
    config.clusters.push(...unnamed(part.clusters, config.clusters));
    config.users.push(...unnamed(part.users, config.users));
    config.contexts.push(...unnamed(part.contexts, config.contexts));
    config.currentContext ||= part.currentContext;
  } catch (error) {
    throw new ClusterAccessError(`${file} can't be read as a kubeconfig: ${describeError(error)}`, { cause: error });
  }
}

function unnamed<T extends { readonly name: string }>(from: readonly T[], known: readonly T[]): readonly T[] {
  return from.filter(({ name }) => !known.some((one) => one.name === name));
}

/** Plain HTTP is for `kubectl proxy` and tests; client-node asks for a word of consent. */
function checkConfig(config: KubeConfig, files: string): void {
  const name = config.getCurrentContext();
  if (!name) throw new ClusterAccessError(`${files} names no current context; choose one with --context`);
  const contexts = config.getContexts().map((context) => context.name);
  if (config.getContextObject(name) === null) {
    throw new ClusterAccessError(
      `there is no context "${name}" in ${files}; there is ${contexts.join(', ') || 'none'}`,
    );
  }
  const cluster = config.getCurrentCluster();
  if (!cluster?.server || !URL.canParse(cluster.server)) {
    throw new ClusterAccessError(`context "${name}" in ${files} leads to no server`);
  }
  if (cluster.server.startsWith('http:')) {
    config.clusters = config.clusters.map((one) => (one === cluster ? { ...one, skipTLSVerify: true } : one));
  }
}

function toTls({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): ConnectionTls {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function viaProxy(uri: string, tls: ConnectionTls): ProxyAgent {
  if (!/^https?:/.test(uri))
    throw new ClusterAccessError(`proxy-url ${uri}: only http and https proxies are supported`);
  return new ProxyAgent({ uri, requestTls: { ...tls, ...socketOptions } });
}
