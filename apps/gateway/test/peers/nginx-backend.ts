import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, until } from '../process/gateway-under-test.ts';
import { Scratch } from './scratch.ts';

/** An nginx of the test's own, with nothing of it outside a scratch directory. */
export class NginxBackend {
  readonly port: number;
  readonly scratch: Scratch;
  #child: ChildProcess | null = null;

  private constructor(port: number, scratch: Scratch) {
    this.port = port;
    this.scratch = scratch;
  }

  /** `server`: what stands in the server block, behind `listen` and `root`. */
  static async start(server: string): Promise<NginxBackend> {
    const backend = new NginxBackend(await freePort(), new Scratch());
    chmodSync(backend.scratch.path, 0o755);
    const { path } = backend.scratch;
    backend.scratch.write('nginx.conf', backend.#config(server));
    const args = ['-p', path, '-e', join(path, 'error.log'), '-c', join(path, 'nginx.conf')];
    const child = spawn('nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    backend.#child = child;
    let complaints = '';
    child.stderr.on('data', (bytes: Buffer) => {
      complaints += bytes.toString();
    });
    await until(
      'nginx answers',
      async () => (await fetch(`http://127.0.0.1:${backend.port}/`)).status > 0,
      () => complaints,
    );
    return backend;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== null && child.exitCode === null) {
      const exit = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await exit;
    }
    this.scratch.remove();
  }

  #config(server: string): string {
    const { path } = this.scratch;
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${path}/${kind};`,
    );
    // Started by root it would become another user, who may not enter the scratch directory.
    const user = process.getuid?.() === 0 ? 'user root;' : '';
    return `daemon off; ${user} worker_processes 1; pid ${path}/nginx.pid; error_log ${path}/error.log;
events { worker_connections 1024; }
http {
  ${temporary.join('\n  ')}
  access_log off;
  types { text/plain txt; text/html html; application/octet-stream bin; }
  server { listen 127.0.0.1:${this.port}; root ${path}; ${server} }
}
`;
  }
}

/** Says why when it is not. */
export function nginxInstalled(): boolean {
  const installed = spawnSync('nginx', ['-v']).error === undefined;
  if (!installed) console.warn('nginx is not installed: the tests with nginx as backend are left out');
  return installed;
}
