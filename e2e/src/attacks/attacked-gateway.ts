import { join } from 'node:path';
import { freePort } from '../gateway/free-port.ts';
import { gatewayObjects, routeObject, serviceObjects } from '../gateway/objects.ts';
import { runGateway, writeManifests } from '../gateway/run-gateway.ts';
import { residentBytes } from '../process-tree.ts';
import type { StartedProcess } from '../started-process.ts';
import type { AttackedDeadlines, AttackTarget } from './attack.ts';
import { AttackBackend } from './attack-backend.ts';

/** Shorter than the defaults by a policy, so that nobody has to wait for a minute. */
const deadlines: AttackedDeadlines = { headTimeoutMs: 3_000, bodyGraceMs: 3_000, writeIdleMs: 4_000 };

/** A `fairlead run` with one worker, and the backend behind it. */
export class AttackedGateway implements AttackTarget {
  readonly port: number;
  readonly deadlines: AttackedDeadlines = deadlines;
  readonly #backend: AttackBackend;
  readonly #process: StartedProcess;

  private constructor(port: number, backend: AttackBackend, process: StartedProcess) {
    this.port = port;
    this.#backend = backend;
    this.#process = process;
  }

  /** `directory`: for its manifests. */
  static async start(directory: string): Promise<AttackedGateway> {
    const [port, adminPort] = [await freePort(), await freePort()];
    const backend = await AttackBackend.start();
    const folder = join(directory, 'manifests');
    writeManifests(folder, 'gateway.json', manifests(port, backend));
    const flags = ['--workers', '1', '--access-log', 'off'];
    const process = await runGateway({ directory: folder, adminPort, cpu: null, flags });
    return new AttackedGateway(port, backend, process);
  }

  async stop(): Promise<void> {
    await this.#process.stop('SIGKILL');
    this.#backend.stop();
  }

  backendHits(): number {
    return this.#backend.hits;
  }

  backendOpen(): number {
    return this.#backend.open;
  }

  residentBytes(): number {
    return residentBytes(this.#process.pid);
  }
}

function manifests(port: number, backend: AttackBackend): readonly object[] {
  return [
    ...gatewayObjects([{ name: 'site', port, tls: false }], null),
    ...serviceObjects({ name: 'attacked', addresses: [backend.address], h2c: false }),
    routeObject('HTTPRoute', 'site', 'attacked'),
    policyObject(),
  ];
}

function policyObject(): object {
  const { headTimeoutMs, bodyGraceMs, writeIdleMs } = deadlines;
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'ClientTrafficPolicy',
    metadata: { name: 'attacked' },
    spec: {
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'site' }],
      timeouts: { requestHead: `${headTimeoutMs}ms`, write: `${writeIdleMs}ms` },
      requestBody: { period: `${bodyGraceMs}ms` },
    },
  };
}
