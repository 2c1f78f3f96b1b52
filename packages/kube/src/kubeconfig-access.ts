import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { ProxyAgent } from 'undici';
import { type ClusterAccess, ClusterAccessError } from './cluster-access.ts';
import { type ConnectionTls, createPool, socketOptions } from './connections.ts';
import { describeError } from './kube-error.ts';

export interface KubeconfigOptions {
  /** At least one. */
  readonly files: readonly string[];
  readonly context: string | null;
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
    invalidate: (refused) => credentials.forget(refused),
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
  #authorization: Promise<string | null> | null = null;
  #askedAtMs = 0;
  /** What was last given out. */
  #given: string | null = null;

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

  /** Asked for by many at once, a plugin runs once. */
  authorization(): Promise<string | null> {
    const nowMs = performance.now();
    if (this.#authorization !== null && nowMs - this.#askedAtMs < authorizationAgeMs) return this.#authorization;
    const asked = this.#askAuthorization();
    this.#authorization = asked;
    this.#askedAtMs = nowMs;
    asked.catch(() => {
      if (this.#authorization === asked) this.#authorization = null;
    });
    return asked;
  }

  forget(refused: string | null): void {
    if (refused !== this.#given) return;
    this.#authorization = null;
    this.#given = null;
    try {
      this.#config = loadConfig(this.#options);
    } catch (error) {
      // A file that can't be read just now is being replaced: what is known stays.
      if (!(error instanceof ClusterAccessError)) throw error;
    }
  }

  async #askAuthorization(): Promise<string | null> {
    const { auth, headers } = await this.requestOptions();
    const value = (headers as Record<string, unknown> | undefined)?.Authorization;
    const basic = auth ? `Basic ${Buffer.from(auth).toString('base64')}` : null;
    this.#given = typeof value === 'string' ? value : basic;
    return this.#given;
  }
}

function loadConfig({ files, context }: KubeconfigOptions): KubeConfig {
  const config = new KubeConfig();
  for (const file of files) mergeFile(config, file);
  if (context !== null) config.setCurrentContext(context);
  checkConfig(config, files.join(', '));
  return config;
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
