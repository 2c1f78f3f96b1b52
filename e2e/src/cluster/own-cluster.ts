import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const scripts = resolve(import.meta.dirname, '../../cluster');

/** The project's own one-node Kubernetes: real programs in network namespaces that lead nowhere (docs/e2e.md). */
export class OwnCluster {
  readonly name: string = process.env.CLUSTER_NAME ?? 'fle2e';
  readonly run: string = process.env.CLUSTER_RUN ?? '/var/tmp/fairlead-cluster';
  readonly cache: string =
    process.env.CLUSTER_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'fairlead/cluster');

  get kubeconfig(): string {
    return join(this.run, 'admin.kubeconfig');
  }

  /** Where its programs are; kubectl among them. */
  get programs(): string {
    return join(this.cache, 'bin');
  }

  get isUp(): boolean {
    return existsSync(this.kubeconfig) && spawnSync(join(scripts, 'status.sh'), { stdio: 'ignore' }).status === 0;
  }

  /** Builds what is missing or was built from other sources; the first time about a quarter of an hour of CPU. */
  async build(parts: readonly string[] = []): Promise<void> {
    await script('build.sh', parts);
  }

  async up(): Promise<void> {
    await script('up.sh', []);
  }

  /** Ends all of it and leaves nothing but the build products. */
  async down(): Promise<void> {
    await script('down.sh', []);
  }

  /** Gives the node an image, from an OCI layout in a tar. */
  async importImage(tar: string): Promise<void> {
    await script('import.sh', ['all', tar]);
  }

  async stopApiServer(): Promise<void> {
    await script('apiserver.sh', ['stop']);
  }

  async startApiServer(): Promise<void> {
    await script('apiserver.sh', ['start']);
    await script('apiserver.sh', ['wait', '120']);
  }

  /** The command that runs another one as a client beside the node: it reaches load balancer, Service and pod addresses and the API server. */
  asClient(command: readonly string[]): readonly string[] {
    return ['nsenter', `--net=/run/netns/${this.name}-client`, ...command];
  }
}

/** Throws when it fails; what it says goes to our stderr. Low priority where it compiles. */
async function script(name: string, args: readonly string[]): Promise<void> {
  const command = name === 'build.sh' ? ['nice', '-n', '10', join(scripts, name)] : [join(scripts, name)];
  const child = spawn(command[0]!, [...command.slice(1), ...args], { stdio: ['ignore', 2, 2] });
  const code = await new Promise<number | null>((done, failed) => {
    child.once('error', failed);
    child.once('exit', done);
  });
  if (code !== 0) throw new Error(`${name} ${args.join(' ')} failed`);
}
