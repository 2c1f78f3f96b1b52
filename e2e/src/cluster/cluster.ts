import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '../run-command.ts';
import { KubeClient } from './kube-client.ts';
import { readKubeconfig } from './kubeconfig.ts';
import type { OwnCluster } from './own-cluster.ts';

/** The cluster that suites run in. */
export class Cluster {
  readonly kubeconfig: string;
  readonly api: KubeClient;
  /** Null when somebody else's: then nothing below Kubernetes can be touched, and suites that need to skip what does. */
  readonly own: OwnCluster | null;

  private constructor(kubeconfig: string, api: KubeClient, own: OwnCluster | null) {
    this.kubeconfig = kubeconfig;
    this.api = api;
    this.own = own;
  }

  static async open(kubeconfig: string, own: OwnCluster | null): Promise<Cluster> {
    return new Cluster(kubeconfig, new KubeClient(await readKubeconfig(kubeconfig)), own);
  }

  /** What it printed. Throws that when it fails. */
  async kubectl(args: readonly string[], timeoutMs: number = 120_000): Promise<string> {
    const { code, output } = await runCommand('kubectl', ['--kubeconfig', this.kubeconfig, ...args], timeoutMs);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${output.trim()}`);
    return output;
  }

  close(): void {
    this.api.close();
  }
}

/** Asks until the answer is neither null nor false. Throws naming `what` after `timeoutMs`. */
export async function eventually<T>(
  what: string,
  timeoutMs: number,
  ask: () => Promise<T | null | false>,
  everyMs: number = 50,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`gave up after ${timeoutMs / 1_000} s waiting for ${what}`);
    await sleep(everyMs);
  }
}
