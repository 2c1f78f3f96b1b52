import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ok, type RawAnswer, type RawBackend } from '../support/raw-backend.ts';
import { closedPort, Scene, siteOf } from '../support/scene.ts';

const scene = new Scene();

async function backend(answer: RawAnswer = (socket) => socket.write(ok)): Promise<RawBackend> {
  return scene.backend(answer);
}

/** Fields of the last request that a backend got, by name. */
function fieldsOf(request: string): Record<string, string> {
  const lines = request.slice(0, request.indexOf('\r\n\r\n')).split('\r\n').slice(1);
  return Object.fromEntries(lines.map((line) => line.split(': ') as [string, string]));
}

const get = 'GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n';

describe('a relayed message', () => {
  it('keeps status, fields and body, and gets a Date', async () => {
    const b = await backend((socket) =>
      socket.write('HTTP/1.1 201 Fine\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 3\r\n\r\nabc'),
    );
    const gateway = await scene.start(siteOf([b.port]));
    const text = await gateway.exchange(get);
    expect(text).toMatch(/^HTTP\/1\.1 201 /);
    expect(text).toMatch(/x-a: 1\r\nx-a: 2\r\n/i);
    expect(text).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/i);
    expect(text).toMatch(/\r\n\r\nabc$/);
    const record = await gateway.record();
    expect(record).toMatchObject({ status: 201, responseBytes: 3, tries: 1, reason: '', listener: 'default/gw/any' });
    expect(record.upstreamMs).toBeGreaterThan(0);
    expect(record.durationMs).toBeGreaterThanOrEqual(record.upstreamMs);
    expect(Math.abs(performance.now() - record.startedMs)).toBeLessThan(5_000);
  });

  it('keeps the Date of the endpoint', async () => {
    const b = await backend((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nDate: yesterday\r\nContent-Length: 0\r\n\r\n'),
    );
    const gateway = await scene.start(siteOf([b.port]));
    expect((await gateway.exchange(get)).match(/date: .*/gi)).toEqual(['date: yesterday']);
  });

  it('loses hop-by-hop fields both ways', async () => {
    const b = await backend((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n',
      ),
    );
    const gateway = await scene.start(siteOf([b.port]));
    const text = await gateway.exchange(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\n\r\n',
    );
    expect(text).not.toMatch(/x-hop|keep-alive/i);
    expect(b.received).not.toMatch(/x-secret|keep-alive|proxy-connection/i);
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 200, '5'],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', 204, undefined],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n', 304, '7'],
  ])('without body: %s %s', async (method, answer, status, length) => {
    const b = await backend((socket) => socket.write(answer));
    const gateway = await scene.start(siteOf([b.port]));
    for (let i = 0; i < 2; i++) {
      const text = await gateway.exchange(`${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(text.match(/content-length: (\d+)/i)?.[1]).toBe(length);
      expect(text).toMatch(/\r\n\r\n$/);
    }
    // Both went over one connection: nothing was left on it.
    expect(b.connections.length).toBe(1);
  });

  it('carries bodies by length and in chunks, on any method, over one connection', async () => {
    const b = await backend((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
    );
    const gateway = await scene.start(siteOf([b.port]));
    const client = await gateway.connect();
    client.send('DELETE /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
    await client.receives('0\r\n\r\n');
    client.send('GET /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
    await gateway.record(2);
    expect(b.received).toMatch(/content-length: 5\r\n\r\nhelloGET \/2 /i);
    expect(b.received).toMatch(/transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/i);
    expect(b.connections.length).toBe(1);
    expect(gateway.records.map(({ requestBytes }) => requestBytes)).toEqual([5, 3]);
  });

  it('writes a small request to the endpoint at once, head and body', async () => {
    const writes: string[] = [];
    const b = await backend((socket) => socket.write(ok));
    const gateway = await scene.start(siteOf([b.port]));
    await gateway.exchange(get);
    b.sockets[0]!.on('data', (bytes: Buffer) => writes.push(bytes.latin1Slice()));
    await gateway.exchange('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi');
    expect(writes.length).toBe(1);
    expect(writes[0]).toMatch(/^POST [\s\S]*hi$/);
  });

  it('carries trailers both ways', async () => {
    const b = await backend((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-Sum: 42\r\n\r\n'),
    );
    const gateway = await scene.start(siteOf([b.port]));
    const text = await gateway.exchange(
      'POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close, TE\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n0\r\nX-Check: 7\r\n\r\n',
    );
    expect(text).toMatch(/\r\n0\r\nx-sum: 42\r\n\r\n$/i);
    expect(b.received).toMatch(/\r\n0\r\nx-check: 7\r\n\r\n$/i);
    expect(b.received).toMatch(/te: trailers/i);
  });

  it('is preceded by its 103, and by a 100 only when asked for', async () => {
    const b = await backend((socket, _request, { requests }) => {
      if (requests > 1) return;
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n');
      setTimeout(() => socket.write(ok), 10);
    });
    const gateway = await scene.start(siteOf([b.port]));
    const text = await gateway.exchange(get);
    expect(text).toMatch(/^HTTP\/1\.1 103 [\s\S]*link: <\/a>[\s\S]*\r\n\r\nHTTP\/1\.1 200 /i);
    expect(text).not.toMatch(/ 100 /);
  });

  it('waits for the endpoint to say 100 where the client expects it', async () => {
    const b = await backend((socket, request) => {
      if (request.includes('late')) return;
      socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      socket.on('data', () => socket.write(ok));
    });
    const gateway = await scene.start(siteOf([b.port]));
    const client = await gateway.connect();
    client.send('PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n');
    await client.receives('HTTP/1.1 100 Continue\r\n\r\n');
    expect(b.received).toMatch(/expect: 100-continue/i);
    client.send('late');
    await client.receives('200 OK');
  });

  it('ends at once for an endpoint that refuses what it was to expect', async () => {
    const b = await backend((socket) => socket.write('HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n'));
    const gateway = await scene.start(siteOf([b.port]));
    const text = await gateway.exchange(
      'PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 417 /);
    await gateway.exchange(get);
    // The body never came, so that connection could not serve again.
    expect(b.connections.length).toBe(2);
  });

  it('is answered to a client of HTTP/1.0 without chunks', async () => {
    const b = await backend((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
    );
    const gateway = await scene.start(siteOf([b.port]));
    const text = await gateway.exchange('GET / HTTP/1.0\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\nok$/);
    expect(text).not.toMatch(/chunked/i);
  });

  it('passes through node:http unharmed', async () => {
    const { port, close, headers } = await nodeBackend();
    scene.onEnd(close);
    const gateway = await scene.start(siteOf([port]));
    const body = 'x'.repeat(100_000);
    for (let i = 0; i < 3; i++) {
      const response = await fetch(`${gateway.url}/echo?x=1`, { method: 'POST', body });
      expect(await response.text()).toBe(body);
    }
    expect(headers()['x-forwarded-host']).toBe(`127.0.0.1:${gateway.port}`);
    expect(gateway.counter('upstreamConnectionsOpened')).toBe(1);
  });
});

describe('what the endpoint is told of the client', () => {
  it('is added last, whatever the client claims', async () => {
    const b = await backend();
    const gateway = await scene.start(siteOf([b.port]));
    await gateway.exchange(
      'GET / HTTP/1.1\r\nHost: example.com\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Real-IP: 1.1.1.1\r\n' +
        'Forwarded: for=1.1.1.1\r\nX-Forwarded-Client-Cert: me\r\nConnection: close, x-forwarded-for, x-request-id\r\n\r\n',
    );
    const fields = fieldsOf(b.received);
    expect(fields['x-forwarded-for']).toBe('127.0.0.1');
    expect(fields['x-forwarded-proto']).toBe('http');
    expect(fields['x-forwarded-host']).toBe('example.com');
    expect(fields['x-forwarded-port']).toBe('8080');
    expect(fields['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
    expect(fields.traceparent).toBe(`00-${fields['x-request-id']}-${fields.traceparent!.slice(36, 52)}-01`);
    expect(b.received).not.toMatch(/1\.1\.1\.1|for=|: me/);
    expect((await gateway.record()).requestId).toBe(fields['x-request-id']);
  });

  it('is extended when its peer is trusted', async () => {
    const b = await backend();
    const gateway = await scene.start(siteOf([b.port]), {
      downstream: { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] },
    });
    await gateway.exchange(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6, 7.7.7.7\r\nX-Forwarded-For: 10.0.0.9\r\nX-Forwarded-Proto: https\r\n\r\n',
    );
    const fields = fieldsOf(b.received);
    expect(fields['x-forwarded-for']).toBe('6.6.6.6, 7.7.7.7, 10.0.0.9, 127.0.0.1');
    expect(fields['x-forwarded-proto']).toBe('https');
    expect((await gateway.record()).clientAddress).toBe('7.7.7.7');
  });

  it('keeps the ids that a client brings', async () => {
    const b = await backend();
    const gateway = await scene.start(siteOf([b.port]));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await gateway.exchange(
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Id: mine\r\nTraceparent: ${traceparent}\r\n\r\n`,
    );
    const fields = fieldsOf(b.received);
    expect(fields['x-request-id']).toBe('mine');
    expect(fields.traceparent).toBe(traceparent);
    expect((await gateway.record()).requestId).toBe('mine');
  });

  it('lets a filter of the route decide', async () => {
    const b = await backend();
    const filter = {
      type: 'requestHeaderModifier',
      set: [{ name: 'x-forwarded-proto', value: 'https' }],
      add: [],
      remove: [],
    } as const;
    const gateway = await scene.start(siteOf([b.port], { filters: [filter] }));
    await gateway.exchange(get);
    expect(b.received.match(/x-forwarded-proto: .*/gi)).toEqual(['x-forwarded-proto: https']);
  });
});

describe('an answer made here', () => {
  it.each([
    ['GET /../../etc HTTP/1.1\r\nHost: a\r\n', 400, 'bad_path'],
    ['GET /nowhere HTTP/1.1\r\nHost: a\r\n', 404, 'no_route'],
    ['GET /none HTTP/1.1\r\nHost: a\r\n', 503, 'no_endpoints'],
    ['GET /broken HTTP/1.1\r\nHost: a\r\n', 500, 'invalid_filter'],
    ['GET /invalid HTTP/1.1\r\nHost: a\r\n', 500, 'invalid_backend'],
    ['GET /unprotected HTTP/1.1\r\nHost: a\r\n', 503, 'bad_policy'],
    ['GET /refused HTTP/1.1\r\nHost: a\r\n', 503, 'connect_refused'],
  ])('%s', async (head, status, reason) => {
    const closed = await closedPort();
    const gateway = await scene.start(
      {
        rules: {
          none: { path: '/none', backends: [{ backend: 'none' }] },
          broken: { path: '/broken', failure: { status: 500, reason: 'invalid_filter' } },
          invalid: { path: '/invalid', backends: [{ backend: null }] },
          unprotected: { path: '/unprotected', backends: [{ backend: 'unprotected' }] },
          refused: { path: '/refused', backends: [{ backend: 'refused' }] },
        },
        backends: {
          none: { ports: [] },
          unprotected: { ports: [closed], failure: { status: 503, reason: 'bad_policy' } },
          refused: { ports: [closed] },
        },
      },
      { exposeReason: true },
    );
    const text = await gateway.exchange(`${head}Connection: close\r\n\r\n`);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text).toMatch(new RegExp(`x-fairlead-reason: ${reason}\r\n`, 'i'));
    expect(text).toMatch(/content-type: text\/plain/i);
    expect(text).toMatch(/\r\ndate: /i);
    const [, body] = text.split('\r\n\r\n');
    expect(text).toMatch(new RegExp(`content-length: ${body!.length}\r\n`, 'i'));
    expect(body).not.toMatch(/127\.0\.0\.1|:\d{4,5}/);
    expect(await gateway.record()).toMatchObject({ status, reason });
    expect(gateway.metrics.reasons('requestFailures').get(reason)).toBe(1);
  });

  it('says no reason by default, and has no body for HEAD', async () => {
    const gateway = await scene.start({ rules: {}, backends: {} });
    const text = await gateway.exchange('HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 404 /);
    expect(text).not.toMatch(/x-fairlead/i);
    expect(text).toMatch(/content-length: [1-9]/i);
    expect(text).toMatch(/\r\n\r\n$/);
  });

  it('ignores an upgrade to HTTP/2', async () => {
    const b = await backend();
    const gateway = await scene.start(siteOf([b.port]));
    const text = await gateway.exchange(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(b.received).not.toMatch(/upgrade|http2-settings/i);
  });
});

describe('filters', () => {
  it('redirect, before any endpoint is asked', async () => {
    const filter = {
      type: 'requestRedirect',
      status: 302,
      scheme: 'https',
      hostname: '',
      port: 0,
      path: { type: 'replacePrefix', value: '/new' },
    } as const;
    const gateway = await scene.start({ rules: { r: { path: '/old', filters: [filter] } }, backends: {} });
    const text = await gateway.exchange('GET /old/x?y=1 HTTP/1.1\r\nHost: a.example:8080\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 302 /);
    expect(text).toMatch(/location: https:\/\/a\.example\/new\/x\?y=1\r\n/i);
    expect(await gateway.record()).toMatchObject({ status: 302, reason: '', tries: 0 });
  });

  it('rewrite and edit both ways, the rule first and then its backend', async () => {
    const b = await backend();
    const edit = (type: 'requestHeaderModifier' | 'responseHeaderModifier', value: string) =>
      ({ type, set: [], add: [{ name: 'x-by', value }], remove: ['x-gone'] }) as const;
    const gateway = await scene.start({
      rules: {
        r: {
          path: '/a',
          filters: [
            edit('requestHeaderModifier', 'rule'),
            edit('responseHeaderModifier', 'rule'),
            { type: 'urlRewrite', hostname: 'inner', path: { type: 'replacePrefix', value: '/b' } },
          ],
          backends: [
            {
              backend: 'b',
              filters: [edit('requestHeaderModifier', 'backend'), edit('responseHeaderModifier', 'backend')],
            },
          ],
        },
      },
      backends: { b: { ports: [b.port] } },
    });
    const text = await gateway.exchange(
      'GET /a//./c?q HTTP/1.1\r\nHost: outer\r\nX-Gone: 1\r\nConnection: close\r\n\r\n',
    );
    expect(b.received).toMatch(/^GET \/b\/c\?q HTTP\/1\.1\r\n/);
    const fields = fieldsOf(b.received);
    expect(fields['x-by']).toBe('rule,backend');
    expect(fields['x-gone']).toBeUndefined();
    expect(fields['x-forwarded-host']).toBe('outer');
    expect(b.received).toMatch(/\r\nhost: inner\r\n/i);
    expect(text).toMatch(/x-by: backend,rule\r\n/i);
  });

  it('answer a CORS preflight and add to other answers', async () => {
    const b = await backend();
    const cors = {
      type: 'cors',
      allowOrigins: ['https://app.example'],
      allowMethods: ['GET'],
      allowHeaders: [],
      exposeHeaders: [],
      allowCredentials: false,
      maxAgeSeconds: 5,
    } as const;
    const gateway = await scene.start(siteOf([b.port], { filters: [cors] }));
    const origin = 'Origin: https://app.example\r\n';
    const preflight = await gateway.exchange(
      `OPTIONS / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${origin}Access-Control-Request-Method: GET\r\n\r\n`,
    );
    expect(preflight).toMatch(/^HTTP\/1\.1 204 [\s\S]*access-control-allow-origin: https:\/\/app\.example\r\n/i);
    expect(b.requests).toBe(0);
    const actual = await gateway.exchange(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${origin}\r\n`);
    expect(actual).toMatch(/^HTTP\/1\.1 200 [\s\S]*access-control-allow-origin: https:\/\/app\.example\r\n/i);
  });
});

/** Echoes bodies. */
async function nodeBackend(): Promise<{ port: number; close: () => void; headers: () => IncomingHttpHeaders }> {
  let last: IncomingHttpHeaders = {};
  const server: Server = createServer((request, response) => {
    last = request.headers;
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, close, headers: () => last };
}
