import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeApi } from '../src/kube-api.ts';
import { ReplicaPresence } from '../src/replica-presence.ts';
import { type Replica, Replicas } from '../src/replicas.ts';
import { eventually } from './support/eventually.ts';
import { FakeApiServer } from './support/fake-api-server.ts';
import { fastTiming } from './support/followed.ts';

const fleet = { namespace: 'fairlead-system', name: 'fairlead' };
const silent = { info: () => {}, warn: () => {}, error: () => {} };
let server: FakeApiServer;
let stop: AbortController;

/** Time by which replicas expire: it passes when a test says so. */
class SkippingClock {
  #skippedMs = 0;

  nowMs(): number {
    return performance.now() + this.#skippedMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, 20));
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  skip(ms: number): void {
    this.#skippedMs += ms;
  }
}

beforeEach(async () => {
  server = new FakeApiServer();
  server.serve({ kind: 'Lease', group: 'coordination.k8s.io', versions: ['v1'], plural: 'leases', namespaced: true });
  await server.start();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await server.stop();
});

function api(): KubeApi {
  return new KubeApi(server.access(), { userAgent: 'test', timeoutMs: 1_000 });
}

function join(podName: string, identity: string = podName): { presence: ReplicaPresence; leave: () => Promise<void> } {
  const presence = new ReplicaPresence({ api: api(), fleet, podName, podUid: 'u', identity, log: silent });
  const left = new AbortController();
  const done = presence.run(AbortSignal.any([stop.signal, left.signal]));
  return {
    presence,
    leave: () => {
      left.abort();
      return done;
    },
  };
}

function watch(clock: SkippingClock = new SkippingClock()): Replicas {
  const replicas = new Replicas({ api: api(), fleet, onChange: () => {}, clock, timing: fastTiming });
  void replicas.run(stop.signal);
  return replicas;
}

const sorted = (replicas: Replicas): readonly Replica[] =>
  [...replicas.live].sort((a, b) => (a.identity < b.identity ? -1 : 1));
const seen = (identity: string, applied: string): object => expect.objectContaining({ identity, applied });

describe('replicas', () => {
  it('see each other come, apply and go', async () => {
    const replicas = watch();
    await eventually(() => replicas.known);
    expect(replicas.live).toEqual([]);
    const [a, b] = [join('a'), join('b')];
    a.presence.report('v1');
    b.presence.report('v1');
    await eventually(() => expect(sorted(replicas)).toEqual([seen('a', 'v1'), seen('b', 'v1')]));
    b.presence.report('v2');
    await eventually(() => expect(sorted(replicas)[1]).toEqual(seen('b', 'v2')));
    await a.leave();
    await eventually(() => expect(sorted(replicas)).toEqual([seen('b', 'v2')]));
  });

  it('do not count before their first report', async () => {
    const replicas = watch();
    const { leave } = join('a');
    await eventually(() => replicas.known);
    await leave();
    expect(server.collection('leases').objects.size).toBe(0);
    expect(replicas.live).toEqual([]);
  });

  it('are gone when their Lease has not changed for 15 s, whatever their clocks say', async () => {
    const clock = new SkippingClock();
    const replicas = watch(clock);
    const renewTime = '2099-01-01T00:00:00.000000Z';
    const labels = { 'app.kubernetes.io/instance': 'fairlead', 'fairlead.dev/role': 'replica' };
    server.put('leases', {
      metadata: { name: 'replica-x', namespace: fleet.namespace, labels },
      spec: { holderIdentity: 'x', renewTime },
    });
    await eventually(() => expect(sorted(replicas)).toEqual([seen('x', '')]));
    clock.skip(14_000);
    expect(replicas.live).toHaveLength(1);
    clock.skip(2_000);
    expect(replicas.live).toEqual([]);
  });

  it('are those of their own fleet', async () => {
    const replicas = watch();
    const other = { 'app.kubernetes.io/instance': 'edge', 'fairlead.dev/role': 'replica' };
    server.put('leases', { metadata: { name: 'replica-e', namespace: fleet.namespace, labels: other }, spec: {} });
    join('a').presence.report('v1');
    await eventually(() => expect(replicas.live).toHaveLength(1));
  });

  it('do not wait for each other where leases may not be read', async () => {
    server.forbidden.add('leases');
    const replicas = watch();
    await eventually(() => replicas.known);
    expect(replicas.live).toEqual([]);
  });
});

describe('the Lease of a replica', () => {
  it('belongs to its Pod and goes with it', async () => {
    join('Pod_A.local').presence.report('v1');
    const lease = await eventually(
      () => server.collection('leases').get('fairlead-system/replica-pod-a.local') ?? false,
    );
    expect(lease.metadata.ownerReferences).toEqual([{ apiVersion: 'v1', kind: 'Pod', name: 'Pod_A.local', uid: 'u' }]);
    expect(lease.spec).toMatchObject({ holderIdentity: 'Pod_A.local', leaseDurationSeconds: 15 });
  });

  it('is made again when somebody removes it', async () => {
    const { presence } = join('a');
    presence.report('v1');
    await eventually(() => server.collection('leases').objects.size === 1);
    server.remove('leases', 'fairlead-system/replica-a');
    presence.report('v2');
    await eventually(() => server.collection('leases').objects.size === 1);
  });

  it('outlives a server that is away', async () => {
    const { presence } = join('a');
    presence.report('v1');
    await eventually(() => server.collection('leases').objects.size === 1);
    server.fault = () => ({ as: 'status', status: 500 });
    presence.report('v2');
    await eventually(() => server.requests.filter(({ method }) => method === 'PATCH').length >= 3);
    server.fault = () => null;
    const annotations = (): unknown =>
      server.collection('leases').get('fairlead-system/replica-a')?.metadata.annotations;
    await eventually(() => expect(annotations()).toEqual({ 'fairlead.dev/applied': 'v2' }));
  });
});
