import { createHash, randomBytes } from 'node:crypto';
import { Agent, get as httpGet } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, GatewayUnderTest } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, serviceObjects } from '../process/manifests.ts';
import { NginxBackend, nginxInstalled } from './nginx-backend.ts';
import { httpRoute, rule } from './objects.ts';

const server = `
  gzip on; gzip_types text/plain; gzip_min_length 100; gzip_vary on;
  keepalive_requests 7;
  client_max_body_size 1k;
  location = / { return 200 "ready"; }
  location /upload { return 200 "took it"; }
  location /closes { return 444; }
  location /empty { return 204; }
  location /moved { return 302 /elsewhere; }
  location /limited/ { limit_rate 4m; rewrite ^/limited(/.*)$ $1 break; }
`;

const text = 'many lines of the same text\n'.repeat(400);
const big = randomBytes(32 * 1024 * 1024);

describe.skipIf(!nginxInstalled())('nginx as backend', () => {
  let nginx: NginxBackend;
  let gateway: GatewayUnderTest;
  let port: number;

  beforeAll(async () => {
    nginx = await NginxBackend.start(server);
    nginx.scratch.write('page.txt', text);
    nginx.scratch.write('big.bin', big);
    port = await freePort();
    gateway = await GatewayUnderTest.start({
      files: {
        'gateway.yaml': gatewayObjects([httpListener(port)]),
        'services.yaml': serviceObjects('web', [nginx.port]),
        'routes.yaml': [httpRoute('r', { rules: [rule('/', 'web')] })],
      },
      flags: ['--workers', '2', '--expose-reason'],
    });
  });

  afterAll(async () => {
    await gateway.cleanUp();
    await nginx.stop();
  });

  interface Got {
    readonly status: number;
    readonly headers: Headers;
    readonly body: Buffer;
  }

  async function get(path: string, headers: Record<string, string> = {}, method: string = 'GET'): Promise<Got> {
    const plain = { 'accept-encoding': 'identity', ...headers };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: plain, redirect: 'manual' });
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
  }

  /** fetch decompresses; this doesn't. */
  async function getRaw(path: string, headers: Record<string, string>): Promise<Got> {
    return new Promise((resolve, reject) => {
      const request = httpGet({ port, path, headers, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (bytes: Buffer) => parts.push(bytes));
        response.on('end', () => {
          const { statusCode = 0, headers } = response;
          resolve({
            status: statusCode,
            headers: new Headers(headers as Record<string, string>),
            body: Buffer.concat(parts),
          });
        });
      });
      request.on('error', reject);
    });
  }

  it('serves a file', async () => {
    const { status, headers, body } = await get('/page.txt');
    expect(status).toBe(200);
    expect(body.toString()).toBe(text);
    expect(headers.get('server')).toMatch(/^nginx/);
    expect(headers.get('etag')).not.toBeNull();
    expect(headers.get('accept-ranges')).toBe('bytes');
  });

  it('says 304 to an etag and to a date', async () => {
    const first = await get('/page.txt');
    const etag = first.headers.get('etag')!;
    const byTag = await get('/page.txt', { 'if-none-match': etag });
    expect(byTag.status).toBe(304);
    expect(byTag.headers.get('etag')).toBe(etag);
    expect(byTag.body.length).toBe(0);
    const byDate = await get('/page.txt', { 'if-modified-since': first.headers.get('last-modified')! });
    expect(byDate.status).toBe(304);
    expect((await get('/page.txt', { 'if-match': '"other"' })).status).toBe(412);
  });

  it('answers HEAD with the length of what it does not send', async () => {
    const { status, headers, body } = await get('/big.bin', {}, 'HEAD');
    expect([status, headers.get('content-length'), body.length]).toEqual([200, String(big.length), 0]);
  });

  it('serves ranges: one, the last, several, none that fits, and none after a change', async () => {
    const one = await get('/big.bin', { range: 'bytes=1000-1999' });
    expect(one.status).toBe(206);
    expect(one.headers.get('content-range')).toBe(`bytes 1000-1999/${big.length}`);
    expect(one.body.equals(big.subarray(1000, 2000))).toBe(true);
    expect((await get('/big.bin', { range: 'bytes=-10' })).body.equals(big.subarray(-10))).toBe(true);
    const several = await get('/big.bin', { range: 'bytes=0-9,20-29' });
    expect(several.headers.get('content-type')).toMatch(/^multipart\/byteranges; boundary=/);
    expect(several.body.length).toBe(Number(several.headers.get('content-length')));
    expect((await get('/big.bin', { range: `bytes=${big.length}-` })).status).toBe(416);
    expect((await get('/page.txt', { range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200);
  });

  it('serves a large file, at once and slowly', async () => {
    const hash = createHash('sha256').update(big).digest('hex');
    expect(
      createHash('sha256')
        .update((await get('/big.bin')).body)
        .digest('hex'),
    ).toBe(hash);
    const partial = await get('/limited/big.bin', { range: 'bytes=0-2097151' });
    expect(partial.body.equals(big.subarray(0, 2_097_152))).toBe(true);
  });

  it('compresses for those who can read it', async () => {
    const { headers, body } = await getRaw('/page.txt', { 'accept-encoding': 'gzip' });
    expect(headers.get('content-encoding')).toBe('gzip');
    expect(headers.get('vary')).toBe('Accept-Encoding');
    expect(headers.get('etag')).toMatch(/^W\//);
    expect(gunzipSync(body).toString()).toBe(text);
  });

  it('says 204, redirects and 404 in its own words', async () => {
    expect((await get('/empty')).status).toBe(204);
    expect((await get('/nothing.txt')).status).toBe(404);
    // nginx makes it absolute from the Host that it was sent.
    const { status, headers } = await get('/moved');
    expect([status, headers.get('location')]).toEqual([302, `http://127.0.0.1:${nginx.port}/elsewhere`]);
  });

  it('refuses a body that it has not read, and the connection to it is not used again', async () => {
    for (let i = 0; i < 5; i++) {
      const response = await fetch(`http://127.0.0.1:${port}/upload`, { method: 'POST', body: 'x'.repeat(100_000) });
      expect(response.status).toBe(413);
      await response.text();
      expect((await get('/page.txt')).body.toString()).toBe(text);
    }
  });

  it('closes without an answer: 503', async () => {
    const { status, headers } = await get('/closes');
    expect([status, headers.get('x-fairlead-reason')]).toEqual([503, 'closed_early']);
  });

  it('closes its connections after a few requests, and no request is lost', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const statuses = new Map<number, number>();
    await Promise.all(Array.from({ length: 300 }, () => count(statuses, agent)));
    agent.destroy();
    expect(Object.fromEntries(statuses)).toEqual({ 200: 300 });
  });

  async function count(statuses: Map<number, number>, agent: Agent): Promise<void> {
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpGet({ port, path: '/page.txt', agent }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode!));
      });
      request.on('error', reject);
    });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
});
