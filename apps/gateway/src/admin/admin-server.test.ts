import { type AddressInfo, connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createAdminServer, startAdmin } from './admin-server.ts';
import { sampleView } from './testing/sample-view.ts';

const servers: FastifyInstance[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

function open(view = sampleView()) {
  const server = createAdminServer(view);
  servers.push(server);
  const get = async (url: string) => {
    const response = await server.inject({ method: 'GET', url });
    return { status: response.statusCode, type: response.headers['content-type'], body: response.body };
  };
  const json = async (url: string) => {
    const { status, body } = await get(url);
    return { status, ...JSON.parse(body) };
  };
  return { server, view, get, json };
}

const explain = (query: Record<string, string>) => `/debug/explain?${new URLSearchParams(query)}`;

describe('health', () => {
  it('is alive, and ready unless there is a reason not to be', async () => {
    const { get, view } = open();
    expect(JSON.parse((await get('/livez')).body)).toEqual({ status: 'alive' });
    expect(await get('/readyz')).toMatchObject({ status: 200, body: '{"status":"ready"}' });
    view.notReady = ['draining'];
    const response = await open(view).get('/readyz');
    expect(response.status).toBe(503);
    expect(JSON.parse(response.body)).toEqual({ status: 'not ready', reasons: ['draining'] });
    expect((await open(view).get('/livez')).status).toBe(200);
  });

  it('has metrics as Prometheus expects them', async () => {
    const { status, type, body } = await open().get('/metrics');
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(body).toContain('fairlead_build_info{version="1.2.3"');
  });
});

describe('/debug/snapshot', () => {
  it('shows the table, and no secret of it', async () => {
    const { get, view } = open();
    const { body } = await get('/debug/snapshot');
    const snapshot = JSON.parse(body);
    expect(snapshot.version).toBe(7);
    expect(snapshot.updatedAt).toBe('2023-11-14T22:13:21.500Z');
    expect(Object.keys(snapshot.rules).sort()).toEqual([...view.table.rules.keys()].sort());
    expect(Object.keys(snapshot.binds)).toEqual(['127.0.0.1:8080', '127.0.0.1:8081']);
    expect(snapshot.rules['HTTPRoute/default/shop/1'].filters[0].set).toEqual([
      { name: 'authorization', value: '(redacted)' },
    ]);
    expect(body).not.toContain('c2VjcmV0');
  });

  it('says which ports could not be opened', async () => {
    const { json, view } = open();
    view.binds.set('127.0.0.1:8080', 'EADDRINUSE');
    expect((await json('/debug/snapshot')).bindErrors).toEqual({ '127.0.0.1:8080': 'EADDRINUSE' });
  });
});

describe('/debug/endpoints', () => {
  it('tells what is known of each endpoint', async () => {
    const { json, view } = open();
    view.serve('127.0.0.1:9101', 8, 4, false);
    view.serve('127.0.0.2:9101', 5, 1, true);
    const { backends } = await json('/debug/endpoints?backend=default/cart:80');
    expect(backends).toHaveLength(1);
    const [steady, failing, leaving] = backends[0].endpoints;
    expect(steady).toMatchObject({
      endpoint: '127.0.0.1:9101',
      state: 'in use',
      requests: 8,
      failures: 0,
      inFlight: 0,
    });
    expect(steady.latencyMs).toBeCloseTo(4, 1);
    expect(steady.score).toBeCloseTo(4, 1);
    expect(failing).toMatchObject({ endpoint: '127.0.0.2:9101', state: 'ejected', failures: 5, ejections: 1 });
    expect(failing.ejectedForMs).toBeGreaterThan(9_000);
    expect(leaving).toMatchObject({
      endpoint: '127.0.0.3:9101',
      state: 'standby',
      ready: false,
      score: null,
      latencyMs: null,
    });
  });

  it('has all backends, and says so when there is no such one', async () => {
    const { json, get } = open();
    const names = (await json('/debug/endpoints')).backends.map(({ backend }: { backend: string }) => backend);
    expect(names).toEqual(['default/cart-next:80', 'default/cart:80']);
    const { status, body } = await get('/debug/endpoints?backend=cart');
    expect([status, JSON.parse(body).error]).toEqual([404, expect.stringContaining('namespace/service:port')]);
    expect((await get('/debug/endpoints?backend=a&backend=b')).status).toBe(400);
  });

  it('does not write to the statistics it reads', async () => {
    const { get, view } = open();
    view.serve('127.0.0.1:9101', 3, 4, false);
    const before = view.stats.reals.slice();
    await get('/debug/endpoints');
    await get(explain({ url: 'http://shop.example.com:8080/cart' }));
    await get('/metrics');
    expect(view.stats.reals).toEqual(before);
  });
});

describe('/debug/explain', () => {
  it('says where a request goes, and which rules lost', async () => {
    const { json, view } = open();
    view.serve('127.0.0.1:9101', 8, 4, false);
    const told = await json(explain({ url: 'http://shop.example.com:8080/cart/7', header: 'x-tenant: blue' }));
    expect(told).toMatchObject({
      bind: '127.0.0.1:8080',
      outcome: 'matched',
      listener: 'infra/web/shop',
      match: { route: { kind: 'HTTPRoute', namespace: 'default', name: 'shop' }, ruleName: 'cart' },
    });
    expect(told.match.backends.map(({ share }: { share: number }) => share)).toEqual([0.9, 0.1]);
    expect(told.lost[0]).toMatchObject({ rule: 'HTTPRoute/default/shop/1', because: 'method is GET' });
    expect(told.endpoints[0].endpoints[0].score).toBeCloseTo(4, 1);
  });

  it('takes method and several headers', async () => {
    const { json } = open();
    const query = new URLSearchParams({ method: 'POST', url: 'http://x:8080/cart?dry=yes' });
    query.append('header', 'X-Tenant: blue');
    query.append('header', 'host: SHOP.example.com:8080');
    const told = await json(`/debug/explain?${query}`);
    expect([told.host, told.match.ruleName]).toEqual(['shop.example.com', 'write']);
  });

  it.each([
    ['/debug/explain', 400, 'say which request'],
    ['/debug/explain?url=a&url=b', 400, 'say which request'],
    [explain({ url: 'shop.example.com' }), 400, 'is no URL'],
    [explain({ url: 'http://u@shop.example.com/' }), 400, 'is no host'],
    [
      explain({ url: 'http://shop.example.com/' }),
      400,
      'nothing listens for http on port 80; listeners: http://127.0.0.1:8080',
    ],
    [explain({ url: 'https://shop.example.com:8080/' }), 400, 'nothing listens for https on port 8080'],
    [explain({ url: 'http://shop.example.com:8080/', header: 'nonsense' }), 400, 'is no header'],
    [explain({ url: 'http://shop.example.com:8080/', method: 'GET /' }), 400, 'is no method'],
    ['/debug', 404, 'there is no /debug'],
  ])('%s is answered %d', async (url, status, error) => {
    const response = await open().get(url);
    expect(response.status).toBe(status);
    expect(JSON.parse(response.body).error).toContain(error);
  });
});

describe('the server', () => {
  it('only answers questions', async () => {
    const { server } = open();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH'] as const) {
      const response = await server.inject({ method, url: '/readyz', payload: {} });
      expect(response.statusCode).toBe(405);
      expect(response.headers.allow).toBe('GET, HEAD');
    }
    expect((await server.inject({ method: 'HEAD', url: '/readyz' })).statusCode).toBe(200);
  });

  it('keeps its debug pages for loopback peers where others may connect', async () => {
    const server = await startAdmin(sampleView(), { host: '0.0.0.0', port: 0 });
    const ask = async (url: string, remoteAddress: string, host = '10.0.0.1:9901') =>
      (await server.inject({ url, remoteAddress, headers: { host } })).statusCode;
    for (const url of ['/debug/snapshot', '/%64ebug/snapshot', '/debug/endpoints?x=1']) {
      expect([url, await ask(url, '10.0.0.9')]).toEqual([url, 403]);
    }
    expect([await ask('/readyz', '10.0.0.9'), await ask('/metrics', '10.0.0.9')]).toEqual([200, 200]);
    expect(await ask('/debug/snapshot', '::ffff:127.0.0.1')).toBe(200);
    expect(await ask('/debug/snapshot', '127.0.0.1', 'evil.example')).toBe(403);
    await server.close();
  });

  it('does not answer web pages that reach loopback by a name of their own', async () => {
    const server = await startAdmin(sampleView(), { host: '127.0.0.1', port: 0 });
    servers.push(server);
    const as = async (host: string) => (await server.inject({ url: '/livez', headers: { host } })).statusCode;
    expect(await as('evil.example:9901')).toBe(403);
    expect([await as('127.0.0.1:9901'), await as('[::1]:9901'), await as('localhost:9901')]).toEqual([200, 200, 200]);
  });

  it('closes at once with connections open, and says when its port is taken', async () => {
    const server = await startAdmin(sampleView(), { host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    await expect(startAdmin(sampleView(), { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const idle = connect(port, '127.0.0.1');
    await fetch(`http://127.0.0.1:${port}/livez`);
    const before = performance.now();
    await server.close();
    expect(performance.now() - before).toBeLessThan(500);
    idle.destroy();
  });
});
