import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Listener } from '@fairlead/routing';
import { describe, expect, it } from 'vitest';
import { certificate } from '../downstream/certificates.ts';
import { pause, until } from '../downstream/raw-client.ts';
import { anyListener } from '../support/route-builder.ts';
import { Scene, siteOf } from '../support/scene.ts';

/** Clients of HTTP/2, endpoints of HTTP/1.1, everything between them. */

const scene = new Scene();

async function backend(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scene.onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function open(url: string = scene.gateway.url, options: object = {}): ClientHttp2Session {
  const client = connect(url, options);
  client.on('error', () => {});
  scene.onEnd(() => client.destroy());
  return client;
}

interface Received {
  status: number;
  headers: IncomingHttpHeaders;
  trailers: IncomingHttpHeaders;
  infos: number[];
  text: string;
}

async function fetchOver(client: ClientHttp2Session, headers: object = {}, body?: string): Promise<Received> {
  const stream = client.request({ ':path': '/', ...headers }, { endStream: body === undefined });
  const got: Received = { status: 0, headers: {}, trailers: {}, infos: [], text: '' };
  stream.on('headers', (info) => got.infos.push(Number(info[':status'])));
  stream.on('response', (head) => Object.assign(got, { status: Number(head[':status']), headers: head }));
  stream.on('trailers', (trailers) => Object.assign(got, { trailers }));
  stream.on('data', (bytes: Buffer) => {
    got.text += bytes.latin1Slice();
  });
  if (body !== undefined) stream.end(body);
  await new Promise<void>((resolve, reject) => {
    stream.on('end', resolve);
    stream.on('error', reject);
  });
  return got;
}

describe('a client of HTTP/2 gets from an endpoint of HTTP/1.1', () => {
  it('its head, body and trailers, and the endpoint those of the client', async () => {
    let seen: { headers: IncomingMessage['headers']; trailers: object; body: string } | null = null;
    const port = await backend((request, response) => {
      let body = '';
      request.on('data', (bytes: Buffer) => {
        body += bytes.latin1Slice();
      });
      request.on('end', () => {
        seen = { headers: request.headers, trailers: request.trailers, body };
        response.writeEarlyHints({ link: '</style.css>; rel=preload' });
        response.writeHead(200, { trailer: 'x-sum', 'x-own': 'b' });
        response.write(`got ${body}`);
        response.addTrailers({ 'x-sum': '9' });
        response.end();
      });
    });
    const gateway = await scene.start(siteOf([port]));
    const client = open();
    const stream = client.request(
      { ':path': '/x?y', ':method': 'POST', 'x-a': '1', te: 'trailers' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-check': '4' }));
    const got: Partial<Received> = { infos: [], text: '' };
    stream.on('headers', (info) => got.infos!.push(Number(info[':status'])));
    stream.on('response', (headers) => {
      got.headers = headers;
    });
    stream.on('trailers', (trailers) => {
      got.trailers = trailers;
    });
    stream.on('data', (bytes: Buffer) => {
      got.text += bytes.latin1Slice();
    });
    stream.end('body');
    await new Promise((resolve) => stream.on('close', resolve));
    expect(got).toMatchObject({ infos: [103], text: 'got body', trailers: { 'x-sum': '9' } });
    expect(got.headers).toMatchObject({ ':status': 200, 'x-own': 'b' });
    expect(got.headers).not.toHaveProperty('transfer-encoding');
    expect(seen).toMatchObject({
      ...{ body: 'body', trailers: { 'x-check': '4' } },
      headers: { host: `127.0.0.1:${gateway.port}`, 'x-a': '1', 'x-forwarded-proto': 'http', te: 'trailers' },
    });
    expect(await gateway.record()).toMatchObject({ status: 200, protocolVersion: '2', target: '/x?y', reason: '' });
  });

  it('answers of its own where there is no route', async () => {
    await scene.start(siteOf([await backend(() => {})], { path: '/known' }));
    const got = await fetchOver(open(), { ':path': '/unknown' });
    expect(got).toMatchObject({ status: 404, text: 'No route matches this request.\n' });
  });

  it('nothing that is upgraded to h2c', async () => {
    const port = await backend((request, response) => response.end(String(request.headers.upgrade)));
    const gateway = await scene.start(siteOf([port]));
    const answer = await gateway.exchange(
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    );
    expect(answer).toContain('HTTP/1.1 200');
    expect(answer).toContain('undefined');
  });
});

describe('aborts', () => {
  it('of the client reach the endpoint, and harm no other request', async () => {
    let gone = 0;
    const port = await backend((request, response) => {
      if (request.url === '/quick') response.end('quick');
      else response.on('close', () => gone++);
    });
    const gateway = await scene.start(siteOf([port]));
    const client = open();
    const stream = client.request({ ':path': '/hangs' });
    stream.on('error', () => {});
    await until(
      () => gateway.counter('requestsInFlight') === 1,
      () => 'the request',
    );
    await pause(20);
    stream.close(constants.NGHTTP2_CANCEL);
    await until(
      () => gone === 1,
      () => 'the abort at the endpoint',
    );
    expect((await fetchOver(client, { ':path': '/quick' })).text).toBe('quick');
    expect((await gateway.record()).reason).toBe('client_gone');
  });

  it('of the endpoint break the stream off, and no other', async () => {
    const port = await backend((request, response) => {
      if (request.url === '/quick') response.end('quick');
      else {
        response.writeHead(200, { 'content-length': 100 });
        response.write('half', () => response.destroy());
      }
    });
    await scene.start(siteOf([port]));
    const client = open();
    await expect(fetchOver(client, { ':path': '/breaks' })).rejects.toThrow('NGHTTP2_INTERNAL_ERROR');
    expect((await fetchOver(client, { ':path': '/quick' })).text).toBe('quick');
  });
});

describe('bodies', () => {
  it('of any size pass both ways at once, many beside each other', async () => {
    const port = await backend((request, response) => {
      response.writeHead(200);
      request.pipe(response);
    });
    await scene.start(siteOf([port]));
    const client = open();
    const sizes = [0, 1, 16_384, 65_536, 1_000_000, 3_000_000];
    const got = await Promise.all(sizes.map((size) => fetchOver(client, { ':method': 'POST' }, 'b'.repeat(size))));
    expect(got.map(({ text }) => text.length)).toEqual(sizes);
  });

  it('that nobody reads stop their endpoint', async () => {
    let sent = 0;
    const port = await backend((_request, response) => {
      response.writeHead(200);
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536))) sent++;
        sent++;
      };
      response.on('drain', more);
      more();
    });
    await scene.start(siteOf([port]));
    const client = open();
    const streams = [1, 2, 3].map(() => client.request({ ':path': '/' }));
    for (const stream of streams) stream.pause().on('error', () => {});
    await pause(300);
    const before = sent;
    await pause(200);
    expect(sent - before).toBeLessThan(3);
    // What fits into the buffers of three connections to the endpoint and the windows of three streams.
    expect(sent * 65_536).toBeLessThan(30_000_000);
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
  });
});

describe('one connection over TLS for several hosts', () => {
  it('gets 421 for those that its handshake was not made for, request by request', async () => {
    const port = await backend((_request, response) => response.end('here'));
    const listeners: Listener[] = await Promise.all(
      ['a.test', '*.b.test'].map(async (hostname) => {
        const tls = { certificates: [await certificate([hostname])], clientValidation: null };
        return { ...anyListener, id: `default/gw/${hostname}`, name: hostname, hostname, tls };
      }),
    );
    const gateway = await scene.start({ ...siteOf([port]), listeners });
    const client = open(`https://127.0.0.1:${gateway.port}`, { servername: 'x.b.test', rejectUnauthorized: false });
    const statuses = new Map<string, number>();
    for (const host of ['x.b.test', 'a.test', 'y.b.test', 'elsewhere.test', 'x.b.test:443']) {
      statuses.set(host, (await fetchOver(client, { ':authority': host })).status);
    }
    expect(Object.fromEntries(statuses)).toEqual({
      ...{ 'x.b.test': 200, 'a.test': 421, 'y.b.test': 200, 'elsewhere.test': 404, 'x.b.test:443': 200 },
    });
    expect(client.closed).toBe(false);
  });
});
