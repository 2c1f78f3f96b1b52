import { spawnSync } from 'node:child_process';

const packages = {
  nginx: 'nginx-light',
  haproxy: 'haproxy',
  wrk: 'wrk',
  h2load: 'nghttp2-client',
  nghttpd: 'nghttp2-server',
} as const;
export type DebianTool = keyof typeof packages;

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

/** Where the shell finds it; null when it does not. */
export function which(program: string): string | null {
  const { stdout, status } = spawnSync('sh', ['-c', `command -v ${program}`], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` },
  });
  return status === 0 ? stdout.trim() : null;
}
