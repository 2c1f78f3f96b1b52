import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { freePort, until } from '../process/gateway-under-test.ts';
import { Scratch } from './scratch.ts';

/** A HAProxy that passes connections on without looking into them, as load balancers of layer 4 do. */
export class HaproxyInFront {
  /** One for each of `servers`. */
  readonly ports: readonly number[];
  readonly #scratch: Scratch;
  readonly #child: ChildProcess;

  private constructor(ports: readonly number[], scratch: Scratch, child: ChildProcess) {
    this.ports = ports;
    this.#scratch = scratch;
    this.#child = child;
  }

  /** `servers`: `address:port options` of what stands behind each port. */
  static async start(servers: readonly string[]): Promise<HaproxyInFront> {
    const ports: number[] = [];
    for (const _ of servers) ports.push(await freePort());
    const scratch = new Scratch();
    const sections = servers.map((server, i) => `listen l${i}\n  bind 127.0.0.1:${ports[i]}\n  server s ${server}\n`);
    const timeouts = 'timeout connect 2s\n  timeout client 5s\n  timeout server 5s';
    const config = scratch.write('haproxy.cfg', `defaults\n  mode tcp\n  ${timeouts}\n${sections.join('')}`);
    const child = spawn(haproxy, ['-db', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    let complaints = '';
    child.stderr.on('data', (bytes: Buffer) => {
      complaints += bytes.toString();
    });
    const started = new HaproxyInFront(ports, scratch, child);
    await until(
      'haproxy listens',
      async () => (await fetch(`http://127.0.0.1:${ports[0]}/`)).status > 0,
      () => complaints,
    );
    return started;
  }

  async stop(): Promise<void> {
    const exit = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await exit;
    this.#scratch.remove();
  }
}

const haproxy = 'haproxy';

/** Says why when it is not. */
export function haproxyInstalled(): boolean {
  const installed = spawnSync(haproxy, ['-v']).error === undefined;
  if (!installed) console.warn('haproxy is not installed: the tests of the PROXY protocol with it are left out');
  return installed;
}
