import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kindResource } from '../src/kind-resource.ts';
import { eventually } from './support/eventually.ts';
import { FakeApiServer } from './support/fake-api-server.ts';
import { gateway, gatewayClass, httpRoute, httpsListener, secret, service, slice } from './support/objects.ts';
import { Stored } from './support/stored.ts';

let server: FakeApiServer;
let stored: Stored | null;

beforeEach(async () => {
  server = new FakeApiServer();
  stored = null;
  await server.start();
  server.put('gatewayclasses', gatewayClass());
  server.put('namespaces', { metadata: { name: 'default', labels: { team: 'a' } } });
  server.put('services', service('shop'));
  server.put('endpointslices', slice('shop-1', 'shop', ['10.0.0.1', '10.0.0.2']));
  server.put('httproutes', { ...httpRoute('shop'), status: { parents: [] } });
});
afterEach(async () => {
  stored?.stop();
  await server.stop();
});

async function follow(): Promise<Stored> {
  const now = new Stored(server).start();
  stored = now;
  await eventually(() => now.complete);
  return now;
}

describe('ClusterStore', () => {
  it('gives objects as the compiler reads them', async () => {
    const { snapshot } = await follow();
    const { state, slices } = snapshot;
    expect(state.httpRoutes.get('default/shop')).toEqual({
      ...httpRoute('shop'),
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: {
        ...httpRoute('shop').metadata,
        uid: expect.any(String),
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
    });
    expect(state.services.get('default/shop')).toMatchObject({ apiVersion: 'v1', kind: 'Service' });
    expect(state.namespaces.get('default')?.metadata.labels).toEqual({ team: 'a' });
    const conditions = { ready: true, serving: true, terminating: false };
    expect(slices.get('default/shop-1')).toEqual({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'shop-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'shop' } },
      addressType: 'IPv4',
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      endpoints: [
        { addresses: ['10.0.0.1'], conditions, zone: 'zone-0' },
        { addresses: ['10.0.0.2'], conditions, zone: 'zone-1' },
      ],
    });
  });

  it('keeps the identity of all that did not change', async () => {
    const now = await follow();
    const before = now.snapshot;
    server.put('httproutes', httpRoute('other'));
    await eventually(() => now.snapshot.state.httpRoutes.size === 2);
    const { state, slices } = now.snapshot;
    expect(state.httpRoutes.get('default/shop')).toBe(before.state.httpRoutes.get('default/shop'));
    expect(state.services).toBe(before.state.services);
    expect(slices).toBe(before.slices);
    server.put('endpointslices', slice('shop-2', 'shop', []));
    await eventually(() => now.snapshot.slices.size === 2);
    expect(now.snapshot.state).toBe(state);
  });

  it('knows statuses apart from objects', async () => {
    const now = await follow();
    const { state } = now.snapshot;
    now.changes.length = 0;
    const status = { parents: [{ controllerName: 'someone/else' }] };
    server.put('httproutes', { ...httpRoute('shop'), status });
    await eventually(() => now.changes.length > 0);
    expect(now.changes).toEqual(['observed']);
    expect(now.store.refresh().state).toBe(state);
    expect(now.store.observed('HTTPRoute').get('default/shop')).toMatchObject({ status, generation: 1 });
    expect(now.store.versionOf('HTTPRoute')).toBe('v1');
  });

  it('reads the Secrets that our Gateways name, and no others', async () => {
    for (const name of ['mine', 'theirs', 'unnamed']) server.put('secrets', secret(name));
    server.put('secrets', secret('far', 'certs'));
    server.put('secrets', secret('secret', 'closed'));
    server.put('gatewayclasses', gatewayClass('other', 'example.com/other'));
    const listeners = [httpsListener('mine'), httpsListener('far', 'certs'), httpsListener('secret', 'closed')];
    server.put('gateways', gateway('web', listeners));
    server.put('gateways', gateway('other', [httpsListener('theirs')], { gatewayClassName: 'other' }));
    const now = await follow();
    expect([...now.snapshot.state.secrets.keys()]).toEqual(['default/mine']);
    const grant = {
      metadata: { name: 'grant', namespace: 'certs' },
      spec: {
        from: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'default' }],
        to: [{ group: '', kind: 'Secret' }],
      },
    };
    server.put('referencegrants', grant);
    await eventually(() => now.snapshot.state.secrets.has('certs/far'));
    server.put('secrets', secret('mine', 'default', 'BBBB'));
    await eventually(() => now.snapshot.state.secrets.get('default/mine')?.data?.['tls.crt'] === 'BBBB');
    server.remove('gateways', 'default/web');
    await eventually(() => now.snapshot.state.secrets.size === 0);
    await eventually(() => [...server.watches].every(({ collection }) => collection.resource.plural !== 'secrets'));
    const asked = server.requests.filter(({ path }) => path.includes('/secrets'));
    expect(asked.every(({ query }) => query.get('fieldSelector')?.startsWith('metadata.name='))).toBe(true);
    expect(new Set(asked.map(({ path }) => path.split('/')[4]))).toEqual(new Set(['default', 'certs']));
  });

  it('is settled only when what is newly named was looked up', async () => {
    const now = await follow();
    server.fault = ({ path }) => (path.includes('/secrets') ? { as: 'slow', ms: 80 } : null);
    server.put('secrets', secret('mine'));
    server.put('gateways', gateway('web', [httpsListener('mine'), httpsListener('missing')]));
    await eventually(() => now.snapshot.state.gateways.size === 1);
    expect(now.store.settled).toBe(false);
    expect(now.snapshot.state.secrets.size).toBe(0);
    await eventually(() => now.store.settled);
    expect([...now.store.refresh().state.secrets.keys()]).toEqual(['default/mine']);
  });

  it('does without an optional kind, says so once, and takes it up when its CRD comes', async () => {
    server.unserve('grpcroutes');
    const now = await follow();
    expect(now.said.filter((line) => line.includes('GRPCRoute is not served'))).toHaveLength(1);
    expect(now.store.problems).toEqual([]);
    server.serve(kindResource('GRPCRoute'));
    server.put('grpcroutes', { ...httpRoute('chat') });
    await eventually(() => now.snapshot.state.grpcRoutes.size === 1);
    expect(now.said.some((line) => line.includes('grpcroutes of gateway.networking.k8s.io can be read'))).toBe(true);
  });

  it('waits for a kind that it needs, and says what to do', async () => {
    server.unserve('gateways');
    stored = new Stored(server).start();
    const { store } = stored;
    await eventually(() => expect(store.missing).toEqual(['Gateway']));
    expect(store.problems).toMatchObject([{ kind: 'Gateway', key: '', severity: 'error' }]);
    expect(store.problems[0]!.message).toContain('install the CRDs');
    server.serve(kindResource('Gateway'));
    await eventually(() => store.missing.length === 0);
    expect(store.problems).toEqual([]);
  });

  it('forgets the objects of a kind that is gone for good', async () => {
    const now = await follow();
    server.put('grpcroutes', httpRoute('chat'));
    await eventually(() => now.snapshot.state.grpcRoutes.size === 1);
    for (const watch of server.watches) watch.silent = true;
    server.unserve('grpcroutes');
    for (const watch of server.watches) watch.cut(service('a'));
    await eventually(() => now.snapshot.state.grpcRoutes.size === 0);
  });

  it('uses an older version where the cluster has no newer one', async () => {
    server.unserve('httproutes');
    server.serve({ ...kindResource('HTTPRoute'), versions: ['v1beta1'] });
    server.put('httproutes', httpRoute('old'));
    const now = await follow();
    expect(now.snapshot.state.httpRoutes.get('default/old')?.apiVersion).toBe('gateway.networking.k8s.io/v1beta1');
    expect(now.store.versionOf('HTTPRoute')).toBe('v1beta1');
  });

  it('keeps the last good version of an object that is bad now, as long as it is the same object', async () => {
    const now = await follow();
    const good = now.snapshot.state.httpRoutes.get('default/shop');
    server.put('httproutes', { ...httpRoute('shop'), spec: { rules: 'all' } });
    server.put('httproutes', { ...httpRoute('new'), spec: { rules: 'all' } });
    await eventually(() => now.store.problems.length === 2);
    expect(now.snapshot.state.httpRoutes.get('default/shop')).toBe(good);
    expect(now.snapshot.state.httpRoutes.has('default/new')).toBe(false);
    const [first, second] = now.store.problems;
    expect(first).toMatchObject({ kind: 'HTTPRoute', key: 'default/shop', path: ['spec', 'rules'] });
    expect(first!.message).toContain('its last good version stays in use');
    expect(second!.message).toContain('it is not used');
    server.remove('httproutes', 'default/shop');
    server.put('httproutes', { ...httpRoute('shop'), spec: { rules: 'all' } });
    await eventually(() => !now.store.refresh().state.httpRoutes.has('default/shop'));
    server.put('httproutes', httpRoute('shop'));
    server.put('httproutes', { ...httpRoute('new'), spec: { ...(httpRoute('new').spec as object), later: 1 } });
    await eventually(() => now.store.problems.length === 0);
    await eventually(() => now.store.refresh().state.httpRoutes.size === 2);
  });

  it('goes on without rights it had, and says which', async () => {
    const now = await follow();
    server.forbidden.add('httproutes');
    for (const watch of server.watches) watch.close();
    await eventually(() => now.store.problems.length > 0);
    expect(now.store.problems).toMatchObject([{ kind: 'HTTPRoute', severity: 'error' }]);
    expect(now.store.problems[0]!.message).toContain('is forbidden');
    expect(now.snapshot.state.httpRoutes.size).toBe(1);
    server.forbidden.clear();
    await eventually(() => now.store.problems.length === 0);
  });

  it('says once that the server is away, and once that it is back', async () => {
    const now = await follow();
    now.said.length = 0;
    await server.stop();
    await eventually(() => now.said.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await server.start();
    await eventually(() => now.said.length > 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(now.said).toEqual([
      expect.stringContaining("the API server can't be used"),
      expect.stringContaining('the API server answers again'),
    ]);
    expect(now.snapshot.state.httpRoutes.size).toBe(1);
  });

  it('goes on with new credentials when the old ones expire', async () => {
    server.tokens = new Set(['good']);
    const now = await follow();
    server.tokens = new Set(['renewed']);
    for (const watch of server.watches) watch.close();
    await eventually(() => now.store.problems.some(({ message }) => message.includes('Unauthorized')));
    server.token = 'renewed';
    server.put('httproutes', httpRoute('next'));
    await eventually(() => now.snapshot.state.httpRoutes.size === 2);
    await eventually(() => now.store.problems.length === 0);
  });
});
