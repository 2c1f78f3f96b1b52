import { readFileSync } from 'node:fs';
import { runCommand } from '../run-command.ts';

/** How to reach an API server: one context of a kubeconfig. */
export interface ApiAccess {
  readonly server: URL;
  /** PEM; empty for the system's authorities. */
  readonly ca: string;
  readonly insecure: boolean;
  /** PEM; both empty when a token is used. */
  readonly cert: string;
  readonly key: string;
  readonly token: string;
}

interface KubeconfigView {
  readonly clusters?: readonly {
    readonly cluster: {
      readonly server: string;
      readonly 'certificate-authority-data'?: string;
      readonly 'insecure-skip-tls-verify'?: boolean;
    };
  }[];
  readonly users?: readonly {
    readonly user: {
      readonly 'client-certificate-data'?: string;
      readonly 'client-key-data'?: string;
      readonly token?: string;
      readonly tokenFile?: string;
    };
  }[];
}

/**
 * Lets kubectl read the file, in whatever form it is, and give its current context with everything inlined. Throws for credentials that
 * only a plugin can make.
 */
export async function readKubeconfig(file: string): Promise<ApiAccess> {
  const args = ['--kubeconfig', file, 'config', 'view', '--raw', '--flatten', '--minify', '-o', 'json'];
  const { code, output } = await runCommand('kubectl', args, 20_000);
  if (code !== 0) throw new Error(`kubectl can't read ${file}: ${output.trim()}`);
  return toApiAccess(JSON.parse(output) as KubeconfigView, file);
}

export function toApiAccess(view: KubeconfigView, file: string): ApiAccess {
  const cluster = view.clusters?.[0]?.cluster;
  const user = view.users?.[0]?.user;
  if (cluster === undefined || user === undefined) throw new Error(`${file} has no current context`);
  const token = user.token ?? (user.tokenFile === undefined ? '' : readFileSync(user.tokenFile, 'utf8').trim());
  const cert = fromBase64(user['client-certificate-data']);
  if (token === '' && cert === '') throw new Error(`${file}: a client certificate or a token is needed, not a plugin`);
  return {
    server: new URL(cluster.server),
    ca: fromBase64(cluster['certificate-authority-data']),
    insecure: cluster['insecure-skip-tls-verify'] ?? false,
    cert,
    key: fromBase64(user['client-key-data']),
    token,
  };
}

function fromBase64(data: string | undefined): string {
  return data === undefined ? '' : Buffer.from(data, 'base64').toString();
}
