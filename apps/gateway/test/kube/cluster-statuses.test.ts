import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyStatuses, type GatewayStatus, type Statuses } from '@fairlead/resources';
import { compile } from '@fairlead/routing';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../packages/kube/test/support/eventually.ts';
import { FakeApiServer } from '../../../../packages/kube/test/support/fake-api-server.ts';
import * as objects from '../../../../packages/kube/test/support/objects.ts';
import { certificateReader } from '../../src/control/certificate-reader.ts';
import { ClusterMode } from '../../src/control/cluster-mode.ts';
import { controllerName } from '../../src/control/compile-defaults.ts';
import type { SourceUpdate } from '../../src/control/source/source-update.ts';

const patience = 25_000;
let server: FakeApiServer;
let folder: string;
let replicas: Replica[];

/** A replica without workers: it compiles, and serves what a test says that it serves. */
class Replica {
  readonly mode: ClusterMode;
  readonly #stop = new AbortController();

  private constructor(mode: ClusterMode) {
    this.mode = mode;
  }

  static async start(podName: string): Promise<Replica> {
    const kubeconfig = join(folder, 'kubeconfig');
    let statuses: Statuses = emptyStatuses;
    const mode = await ClusterMode.find({
      kubeconfig,
      context: null,
      namespace: 'fairlead-system',
      podName,
      fleet: 'main',
      clusterDomain: 'cluster.local',
      externalTrafficPolicy: 'Cluster',
      loadBalancerClass: null,
      version: '0',
      env: {},
      log: pino({ level: 'silent' }),
      onUpdate: (update) => {
        statuses = toStatuses(update);
        mode.statuses.want(statuses);
      },
    });
    const replica = new Replica(mode);
    mode.start(replica.#stop.signal);
    replicas.push(replica);
    return replica;
  }

  /** Of Gateway web. */
  serve(generation: number): void {
    const uid = server.collection('gateways').get('default/web')!.metadata.uid!;
    this.mode.statuses.noteServed(new Map([[uid, generation]]));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.mode.ended;
  }
}

function toStatuses({ state, places }: SourceUpdate): Statuses {
  const defaults = { controllerName, certificates: certificateReader, readClientTraffic: () => ({}) as never };
  const { placements, listenOn: defaultAddresses } = places!;
  return compile(state, { ...defaults, placements, defaultAddresses }, null).statuses;
}

beforeEach(async () => {
  server = new FakeApiServer();
  server.serve({ kind: 'Lease', group: 'coordination.k8s.io', versions: ['v1'], plural: 'leases', namespaced: true });
  replicas = [];
  folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  await server.start();
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster: { server: server.access().server.href } }],
    users: [{ name: 'me', user: { token: 'good' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'me' } }],
    'current-context': 'fake',
  };
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(config));
  server.put('gatewayclasses', objects.gatewayClass());
  server.put('gateways', objects.gateway('web'));
  server.put('httproutes', objects.httpRoute('shop'));
});
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.stop()));
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** What the server has of Gateway web. */
function programmed(): { readonly status: string; readonly message: string; readonly observedGeneration: number } {
  const status = server.collection('gateways').get('default/web')!.status as Partial<GatewayStatus> | undefined;
  const found = status?.conditions?.find(({ type }) => type === 'Programmed');
  return found ?? { status: '', message: '', observedGeneration: 0 };
}

const writes = (plural: string): number =>
  server.requests.filter(({ method, path }) => method === 'PATCH' && path.includes(`/${plural}/`)).length;

/** As a load balancer does. */
function giveAddress(): void {
  for (const [, service] of server.collection('services').objects) {
    server.put('services', { ...service, status: { loadBalancer: { ingress: [{ ip: '198.51.100.1' }] } } });
  }
}

describe('statuses of a cluster', () => {
  it('call a Gateway programmed when all replicas serve its generation', { timeout: 90_000 }, async () => {
    const a = await Replica.start('a');
    const b = await Replica.start('b');
    a.serve(0);
    b.serve(0);
    await eventually(() => server.collection('services').objects.size > 0, patience);
    giveAddress();
    await eventually(() => expect(programmed().message).toContain('0 of 2 replicas serve generation 1'), patience);
    expect(programmed().status).toBe('False');
    a.serve(1);
    await eventually(() => expect(programmed().message).toContain('missing: b'), patience);
    b.serve(1);
    await eventually(() => expect(programmed().status).toBe('True'), patience);

    const before = writes('gateways');
    server.put('gateways', objects.gateway('web', undefined, { infrastructure: { labels: { a: 'b' } } }));
    a.serve(2);
    b.serve(2);
    await eventually(() => expect(programmed().observedGeneration).toBe(2), patience);
    expect(programmed().status, 'it never stopped serving').toBe('True');
    expect(writes('gateways') - before).toBe(1);
  });

  it('are written by one replica, and need no writing when another follows', { timeout: 90_000 }, async () => {
    const a = await Replica.start('a');
    await eventually(() => a.mode.lease.isLeader, patience);
    const b = await Replica.start('b');
    a.serve(1);
    b.serve(1);
    const parents = (): unknown =>
      (server.collection('httproutes').get('default/shop')?.status as { parents?: unknown })?.parents;
    await eventually(() => expect(parents()).toMatchObject([{ controllerName, parentRef: { name: 'web' } }]), patience);
    await eventually(() => server.collection('services').objects.size > 0, patience);
    giveAddress();
    await eventually(() => expect(programmed().status).toBe('True'), patience);
    const before = [writes('gateways'), writes('httproutes'), writes('gatewayclasses')];
    await a.stop();
    await eventually(() => b.mode.lease.isLeader, patience);
    server.put('httproutes', objects.httpRoute('cart'));
    await eventually(() => expect(server.collection('httproutes').get('default/cart')?.status).toBeDefined(), patience);
    expect([writes('gateways'), writes('httproutes') - 1, writes('gatewayclasses')]).toEqual([
      before[0]! + 1,
      before[1],
      before[2],
    ]);
  });
});
