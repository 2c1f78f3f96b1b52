import { type AddressInfo, connect, createServer as createPlainServer } from 'node:net';
import { createServer } from 'node:tls';
import type { BackendTls, Certificate } from '@fairlead/routing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Authority, authority, certificate } from '../downstream/certificates.ts';
import { until } from '../downstream/raw-client.ts';
import { ok } from '../support/raw-backend.ts';
import type { BackendSpec, Site } from '../support/route-builder.ts';
import { requestText, Scene } from '../support/scene.ts';
import { Http2Endpoint, type OnStream, readBody } from './http2-server.ts';

const scene = new Scene();

let ca: Authority;
let leaf: Certificate;

beforeAll(async () => {
  ca = await authority('test ca');
  leaf = await certificate(['backend.test'], ca);
});

const options = () => ({ cert: leaf.certPem, key: leaf.keyPem });

function site(ports: readonly number[], spec: Partial<BackendSpec> = {}): Site {
  const tls: BackendTls = { hostname: 'backend.test', caPems: [ca.cert], subjectAltNames: [], clientCertificate: null };
  return { rules: { r: { backends: [{ backend: 'b' }] } }, backends: { b: { ports, tls, ...spec } } };
}

const echo: OnStream = async (stream, headers) => {
  const body = await readBody(stream);
  stream.respond({ ':status': 200 });
  stream.end(`h2 ${headers[':scheme']} ${body}`);
};

async function burst(count: number, text: string = requestText('POST', 'hello')): Promise<string[]> {
  return await Promise.all(Array.from({ length: count }, () => scene.gateway.exchange(text)));
}

/** A TLS endpoint of HTTP/1.1. */
async function http1Endpoint(protocols: readonly string[]): Promise<{ port: number; connections: number }> {
  const seen = { port: 0, connections: 0 };
  const server = createServer({ ...options(), ALPNProtocols: [...protocols] }, (socket) => {
    seen.connections++;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (bytes.includes('hello') || bytes.includes('GET')) socket.write(ok);
    });
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  seen.port = (server.address() as AddressInfo).port;
  scene.onEnd(() => server.close());
  return seen;
}

describe('an endpoint behind TLS', () => {
  it('that chooses h2 shares a connection, from the first requests on', async () => {
    const endpoint = await Http2Endpoint.startTls(scene, echo, options());
    await scene.start(site([endpoint.port]));
    const texts = await burst(20);
    expect(texts.every((text) => /^HTTP\/1\.1 200 [\s\S]*h2 https hello/.test(text))).toBe(true);
    expect(endpoint.sessions.length).toBe(1);
  });

  it.each([
    ['chooses http/1.1', ['http/1.1']],
    ['chooses nothing', []],
  ])('that %s has a connection for each request', async (_what, protocols) => {
    const endpoint = await http1Endpoint(protocols);
    const gateway = await scene.start(site([endpoint.port]));
    const texts = await burst(5);
    expect(texts.every((text) => text.endsWith('ok'))).toBe(true);
    expect(gateway.counter('upstreamHttp2ConnectionsOpen')).toBe(0);
    const before = endpoint.connections;
    await burst(1);
    expect(endpoint.connections).toBe(before);
  });

  it('that chooses nothing speaks HTTP/2 if its Service says so', async () => {
    const endpoint = await Http2Endpoint.start(scene, echo);
    const server = createServer(options(), (socket) => {
      const inner = connect(endpoint.port, '127.0.0.1');
      for (const one of [socket, inner]) one.on('error', () => {});
      socket.pipe(inner).pipe(socket);
      scene.onEnd(() => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scene.onEnd(() => server.close());
    await scene.start(site([(server.address() as AddressInfo).port], { protocol: 'h2c' }));
    expect((await burst(1))[0]).toMatch(/h2 https hello/);
  });

  it('resumes its session with the next connection', async () => {
    let resumed = 0;
    const endpoint = await Http2Endpoint.startTls(scene, echo, options());
    endpoint.server.on('secureConnection', (socket) => {
      if (socket.isSessionReused()) resumed++;
    });
    const gateway = await scene.start(site([endpoint.port]), { upstream: { idleTimeoutMs: 50 } });
    await burst(1);
    await until(
      () => gateway.counter('upstreamHttp2ConnectionsOpen') === 0,
      () => 'the idle connection to close',
    );
    expect((await burst(1))[0]).toMatch(/h2 https hello/);
    expect(resumed).toBe(1);
  });

  it('that can not be trusted gets nothing', async () => {
    const endpoint = await Http2Endpoint.startTls(scene, echo, options());
    const gateway = await scene.start(
      site([endpoint.port], {
        tls: { hostname: 'other.test', caPems: [ca.cert], subjectAltNames: [], clientCertificate: null },
      }),
      { exposeReason: true },
    );
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 503 [\s\S]*reason: tls_failed/);
    expect(endpoint.streams).toBe(0);
  });

  it('that accepts and says nothing is given up in time', async () => {
    const silent = createPlainServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    scene.onEnd(() => silent.close());
    const good = await Http2Endpoint.startTls(scene, echo, options());
    await scene.start(site([(silent.address() as AddressInfo).port, good.port]), {
      upstream: { connectTimeoutMs: 100 },
    });
    const texts = await burst(4);
    expect(texts.every((text) => text.includes('h2 https hello'))).toBe(true);
  });

  it('that speaks HTTP/1.1 no more is found out by its next refusal', async () => {
    const http1 = await http1Endpoint(['http/1.1']);
    const http2 = await Http2Endpoint.startTls(scene, echo, options());
    let target = http1.port;
    const front = createPlainServer((socket) => {
      const inner = connect(target, '127.0.0.1');
      for (const one of [socket, inner]) one.on('error', () => {});
      socket.pipe(inner).pipe(socket);
      scene.onEnd(() => socket.destroy());
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    scene.onEnd(() => front.close());
    const gateway = await scene.start(site([(front.address() as AddressInfo).port]), {
      upstream: { idleTimeoutMs: 30 },
      exposeReason: true,
    });
    expect((await burst(1))[0]).toMatch(/ok$/);
    await until(
      () => gateway.counter('upstreamConnectionsOpen') === 0,
      () => 'the idle connection to close',
    );
    target = http2.port;
    expect((await burst(1))[0]).toMatch(/reason: tls_failed/);
    expect((await burst(1))[0]).toMatch(/h2 https hello/);
  });
});
