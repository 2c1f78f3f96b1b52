import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceKey } from '@fairlead/kube';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../packages/kube/test/support/eventually.ts';
import { FakeApiServer } from '../../../../packages/kube/test/support/fake-api-server.ts';
import * as objects from '../../../../packages/kube/test/support/objects.ts';
import { ClusterMode } from '../../src/control/cluster-mode.ts';
import type { SourceUpdate } from '../../src/control/source/source-update.ts';

const leases = {
  kind: 'Lease',
  group: 'coordination.k8s.io',
  versions: ['v1'],
  plural: 'leases',
  namespaced: true,
};

let server: FakeApiServer;
let stop: AbortController;
let folder: string;

beforeEach(async () => {
  server = new FakeApiServer();
  server.serve(leases);
  stop = new AbortController();
  folder = mkdtempSync(join(tmpdir(), 'fairlead-'));
  await server.start();
  server.put('gatewayclasses', objects.gatewayClass());
  server.put('gateways', objects.gateway('web'));
});
afterEach(async () => {
  stop.abort();
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function startReplica(podName: string): Promise<SourceUpdate[]> {
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster: { server: server.access().server.href } }],
    users: [{ name: 'me', user: { token: 'good' } }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'me' } }],
    'current-context': 'fake',
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const updates: SourceUpdate[] = [];
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
    onUpdate: (update) => updates.push(update),
  });
  mode.start(stop.signal);
  return updates;
}

const key = serviceKey('gateway', 'default/web', { namespace: 'fairlead-system', name: 'main', selector: {} });

describe('ClusterMode', () => {
  it('gives a Gateway a Service, of which every replica reads ports and addresses', async () => {
    const replicas = [await startReplica('a'), await startReplica('b')];
    await eventually(() => server.collection('services').get(key) !== undefined);
    const service = server.collection('services').get(key)!;
    const { targetPort } = (service.spec as { readonly ports: readonly { readonly targetPort: number }[] }).ports[0]!;
    const placement = (updates: readonly SourceUpdate[]): unknown =>
      updates.at(-1)?.places?.placements.get('default/web');
    const ports = [{ port: 80, bindPort: targetPort }];
    for (const updates of replicas) {
      await eventually(() => expect(placement(updates)).toMatchObject({ ports, addresses: [] }));
    }
    const ingress = [{ ip: '198.51.100.1' }, { hostname: 'lb.test' }];
    server.put('services', { ...service, status: { loadBalancer: { ingress } } });
    const addresses = [
      { type: 'IPAddress', value: '198.51.100.1' },
      { type: 'Hostname', value: 'lb.test' },
    ];
    for (const updates of replicas) {
      await eventually(() => expect(placement(updates)).toMatchObject({ ports, addresses }));
    }
    server.remove('gateways', 'default/web');
    await eventually(() => server.collection('services').objects.size === 0);
    for (const updates of replicas) await eventually(() => expect(placement(updates)).toBeUndefined());
  });
});
