import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { ClusterAccess } from './cluster-access.ts';
import { createPool } from './connections.ts';

/** Where the kubelet puts a pod's service account. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

type Env = Readonly<Record<string, string | undefined>>;

export function hasServiceAccount(env: Env, folder: string): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST) && existsSync(join(folder, 'token'));
}

/** The kubelet renews a token at 80 % of its life of an hour or more, so this is often enough. */
const tokenAgeMs = 60_000;

/**
 * A pod's access. The token is read again every minute and when it was refused, the CA with every new connection: the kubelet replaces both
 * files in place.
 */
export function inClusterAccess(env: Env, folder: string): ClusterAccess {
  const host = env.KUBERNETES_SERVICE_HOST ?? 'kubernetes.default.svc';
  const server = new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`);
  const token = new TokenFile(join(folder, 'token'));
  const namespaceFile = join(folder, 'namespace');
  return {
    server,
    dispatcher: createPool(server, async () => ({ ca: readFileSync(join(folder, 'ca.crt')) })),
    authorization: async () => token.read(performance.now()),
    invalidate: (refused) => token.forget(refused),
    headers: {},
    namespace: existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : 'default',
    name: 'cluster',
  };
}

/** A token in a file that is replaced from time to time. */
class TokenFile {
  readonly #path: string;
  #authorization: string | null = null;
  #readAtMs = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** As the value of a header. Throws when the file can't be read. */
  read(nowMs: number): string {
    if (this.#authorization !== null && nowMs - this.#readAtMs < tokenAgeMs) return this.#authorization;
    this.#authorization = `Bearer ${readFileSync(this.#path, 'utf8').trim()}`;
    this.#readAtMs = nowMs;
    return this.#authorization;
  }

  forget(refused: string | null): void {
    if (this.#authorization === refused) this.#authorization = null;
  }
}
