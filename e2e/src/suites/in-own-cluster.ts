import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { OwnCluster } from '../cluster/own-cluster.ts';

/** Set for the copy of this process that lives inside the own cluster's network. */
const insideMark = 'FAIRLEAD_E2E_INSIDE';

export function isInsideOwnCluster(): boolean {
  return process.env[insideMark] !== undefined;
}

/**
 * Runs this same command as a client of the own cluster, which is built and brought up when it is not there, and afterwards taken down
 * again if it was brought up here and nobody wants to keep it. The exit code of that command.
 */
export async function inOwnCluster(keep: boolean): Promise<number> {
  const cluster = new OwnCluster();
  const wasUp = cluster.isUp;
  try {
    if (!wasUp) {
      await cluster.build();
      await cluster.up();
    }
    return await runAsClient(cluster);
  } finally {
    if (!wasUp && !keep) await cluster.down();
  }
}

async function runAsClient(cluster: OwnCluster): Promise<number> {
  const [program, ...args] = cluster.asClient([process.execPath, ...process.argv.slice(1)]);
  const env = {
    ...process.env,
    [insideMark]: '1',
    KUBECONFIG: cluster.kubeconfig,
    PATH: cluster.programs + delimiter + process.env.PATH,
  };
  const child = spawn(program!, args, { stdio: 'inherit', env });
  // The terminal signals the whole group; a supervisor signals only us. Either way the cluster is taken down after the suites have ended.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
