import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KubeApi, type WatchEvent } from '../src/kube-api.ts';
import { FakeApiServer, type FakeObject, type Fault } from './support/fake-api-server.ts';
import { httpRoute } from './support/objects.ts';

const routes = '/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes';
let server: FakeApiServer;
let api: KubeApi;
let stop: AbortController;

beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  api = new KubeApi(server.access(), { userAgent: 'fairlead/test', timeoutMs: 400 });
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await server.stop();
});

const once = (fault: Fault) => {
  let pending: Fault | null = fault;
  server.fault = () => {
    const now = pending;
    pending = null;
    return now;
  };
};

describe('KubeApi', () => {
  it('creates, reads, updates, patches and deletes', async () => {
    const created = await api.create<FakeObject>(routes, httpRoute('shop'));
    expect(created.metadata).toMatchObject({ namespace: 'default', generation: 1 });
    const path = `${routes}/shop`;
    await api.applyPatch(path, { status: { parents: [] } }, 'fairlead', { force: true, subresource: 'status' });
    const got = await api.get<FakeObject>(path);
    expect(got).toMatchObject({ status: { parents: [] }, metadata: { generation: 1 } });
    await expect(api.update(path, { ...created, spec: {} })).rejects.toMatchObject({ status: 409, reason: 'Conflict' });
    await api.mergePatch(path, { metadata: { labels: { a: 'b' } } });
    expect((await api.list(routes)).items).toMatchObject([
      { metadata: { labels: { a: 'b' } }, status: { parents: [] } },
    ]);
    await expect(api.delete(path, { uid: 'other' })).rejects.toMatchObject({ status: 409 });
    await api.delete(path);
    await expect(api.get(path)).rejects.toMatchObject({ status: 404, reason: 'NotFound' });
    await expect(api.create(routes, httpRoute('shop'))).resolves.toMatchObject({ kind: 'HTTPRoute' });
    await expect(api.create(routes, httpRoute('shop'))).rejects.toMatchObject({ reason: 'AlreadyExists' });
    expect(server.requests.at(2)).toMatchObject({ method: 'GET' });
    expect(server.requests.at(1)?.query.toString()).toBe('fieldManager=fairlead&force=true');
  });

  it.each<[Fault, object]>([
    [
      { as: 'status', status: 429, retryAfter: '7' },
      { status: 429, retryAfterMs: 7_000 },
    ],
    [
      { as: 'status', status: 500, reason: 'InternalError' },
      { status: 500, reason: 'InternalError', retryAfterMs: null },
    ],
    [{ as: 'cut' }, { status: 0, reason: 'Unreachable' }],
    [{ as: 'hang' }, { status: 0, reason: 'Unreachable', message: expect.stringContaining('within 0.4 s') }],
    [
      { as: 'slow', ms: 600 },
      { status: 0, reason: 'Unreachable' },
    ],
    [
      { as: 'noise', text: '<html>' },
      { status: 0, reason: 'BadResponse' },
    ],
  ])('says what went wrong: %j', async (fault, expected) => {
    once(fault);
    await expect(api.list(routes)).rejects.toMatchObject({ name: 'KubeApiError', ...expected });
    await expect(api.list(routes)).resolves.toMatchObject({ items: [] });
  });

  it('takes new credentials once when the old ones are refused', async () => {
    server.tokens = new Set(['good']);
    await api.list(routes);
    server.tokens = new Set(['better']);
    server.token = 'better';
    await expect(api.list(routes)).resolves.toMatchObject({ items: [] });
    server.token = 'worse';
    server.tokens = new Set();
    await expect(api.list(routes)).rejects.toMatchObject({ status: 401, reason: 'Unauthorized' });
  });

  it('reads a page of a list', async () => {
    for (const name of ['a', 'b', 'c']) server.put('httproutes', httpRoute(name));
    const first = await api.list(routes, { limit: 2 });
    expect(first.items).toHaveLength(2);
    const second = await api.list(routes, { limit: 2, continue: first.metadata?.continue });
    expect(second).toMatchObject({ items: [{ metadata: { name: 'c' } }], metadata: { resourceVersion: '1003' } });
    server.compact();
    await expect(api.list(routes, { continue: first.metadata?.continue })).rejects.toMatchObject({ isExpired: true });
  });

  it('gives each line of a watch, and ends with the server or the signal', async () => {
    const events: WatchEvent[] = [];
    server.put('httproutes', httpRoute('a'));
    let opened = 0;
    const watching = api.watch(
      routes,
      { resourceVersion: '1000', timeoutSeconds: 1 },
      (event) => events.push(event),
      stop.signal,
      () => opened++,
    );
    await expect(watching).resolves.toBeUndefined();
    expect([opened, events.map(({ type }) => type)]).toEqual([1, ['ADDED']]);
    const endless = api.watch(routes, {}, () => stop.abort(), stop.signal);
    setTimeout(() => server.put('httproutes', httpRoute('b')), 50);
    await expect(endless).resolves.toBeUndefined();
  });

  it('says when a watch is cut in the middle of a line', async () => {
    const watching = api.watch(
      routes,
      {},
      () => {},
      stop.signal,
      () => {
        for (const watch of server.watches) watch.cut(httpRoute('a'));
      },
    );
    await expect(watching).rejects.toMatchObject({ status: 0, reason: 'Unreachable' });
  });

  it('reads an object of 2 MB in a watch', async () => {
    const large = { ...httpRoute('large'), note: 'x'.repeat(2_000_000) };
    let length = 0;
    const watching = api.watch(
      routes,
      { resourceVersion: '1000' },
      ({ object }) => {
        length = String((object as FakeObject).note).length;
        stop.abort();
      },
      stop.signal,
    );
    server.put('httproutes', large);
    await watching;
    expect(length).toBe(2_000_000);
  });
});
