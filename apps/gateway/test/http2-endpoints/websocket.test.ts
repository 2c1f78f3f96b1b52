import { createServer as createHttp } from 'node:https';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { Certificate } from '@fairlead/routing';
import { beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type Authority, authority, certificate } from '../downstream/certificates.ts';
import { until } from '../downstream/raw-client.ts';
import { Scene } from '../support/scene.ts';
import { Http2Endpoint, h2c, type OnStream } from './http2-server.ts';

const scene = new Scene();

let ca: Authority;
let leaf: Certificate;

beforeAll(async () => {
  ca = await authority('test ca');
  leaf = await certificate(['backend.test'], ca);
});

/** Sends back whatever comes through a tunnel: frames of a client are masked, which `ws` refuses from a server, so the mask is taken off. */
const mirror: OnStream = (stream, headers) => {
  if (headers[':method'] !== 'CONNECT' || headers[':protocol'] !== 'websocket') {
    stream.respond({ ':status': 400 }, { endStream: true });
    return;
  }
  stream.respond({ ':status': 200, 'sec-websocket-protocol': 'chat' });
  const sockets = new WebSocketServer({ noServer: true });
  const socket = new (WebSocket as unknown as new (a: null, b: undefined, c: object) => WebSocket)(null, undefined, {});
  (socket as unknown as { setSocket(s: unknown, h: Buffer, o: object): void }).setSocket(stream, Buffer.alloc(0), {
    maxPayload: 0,
    skipUTF8Validation: true,
    allowSynchronousEvents: true,
  });
  socket.on('message', (data, binary) => socket.send(data, { binary }));
  sockets.close();
};

async function talk(port: number, sizes: readonly number[]): Promise<{ protocol: string; sizes: number[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, ['chat']);
  const messages: Buffer[] = [];
  socket.on('message', (data: Buffer) => messages.push(data));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  for (const size of sizes) socket.send(Buffer.alloc(size, 'w'));
  await until(
    () => messages.length === sizes.length,
    () => `${messages.length} messages`,
  );
  socket.close();
  return { protocol: socket.protocol, sizes: messages.map(({ length }) => length) };
}
const sizes = [0, 1, 1_000, 70_000, 3_000_000];

describe('a WebSocket of a client of HTTP/1.1', () => {
  it('goes through an endpoint of HTTP/2 that takes extended CONNECT', async () => {
    let seen: Record<string, unknown> = {};
    const endpoint = await Http2Endpoint.start(
      scene,
      (stream, headers) => {
        seen = headers;
        mirror(stream, headers);
      },
      { settings: { enableConnectProtocol: true } },
    );
    const gateway = await scene.start(h2c([endpoint.port]));
    expect(await talk(gateway.port, sizes)).toEqual({ protocol: 'chat', sizes });
    expect(seen).toMatchObject({ ':path': '/chat', ':scheme': 'http', 'sec-websocket-version': '13' });
    expect(seen).not.toHaveProperty('sec-websocket-key');
    expect(await gateway.record()).toMatchObject({ status: 101, reason: '' });
    expect(gateway.counter('tunnelsOpen')).toBe(0);
  });

  it('that the endpoint does not want gets its answer', async () => {
    const endpoint = await Http2Endpoint.start(
      scene,
      (stream) => {
        stream.respond({ ':status': 403 });
        stream.end('no');
      },
      { settings: { enableConnectProtocol: true } },
    );
    const gateway = await scene.start(h2c([endpoint.port]));
    await expect(talk(gateway.port, [])).rejects.toThrow('403');
  });

  it('is an answer of the gateway where the endpoint can not: 502, without blame', async () => {
    const endpoint = await Http2Endpoint.start(scene, mirror);
    const gateway = await scene.start(h2c([endpoint.port]));
    for (let i = 0; i < 6; i++) await expect(talk(gateway.port, [])).rejects.toThrow('502');
    expect(await gateway.record()).toMatchObject({ status: 502, reason: 'upgrade_unsupported', tries: 1 });
    expect(endpoint.streams).toBe(0);
    expect(gateway.stats.failures(0)).toBe(0);
  });

  it('goes over HTTP/1.1 where TLS lets us ask for it', async () => {
    const endpoint = await Http2Endpoint.startTls(scene, mirror, { cert: leaf.certPem, key: leaf.keyPem });
    const http1 = createHttp({ cert: leaf.certPem, key: leaf.keyPem });
    const sockets = new WebSocketServer({ server: http1, handleProtocols: () => 'chat' });
    sockets.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
    await new Promise<void>((resolve) => http1.listen(0, '127.0.0.1', resolve));
    // One port, two servers: whichever ALPN asks for.
    const front = createServer((socket) => {
      socket.once('data', (hello) => {
        const http1Port = (http1.address() as AddressInfo).port;
        const inner = connect(hello.includes('\x02h2') ? endpoint.port : http1Port, '127.0.0.1');
        for (const one of [socket, inner]) one.on('error', () => {});
        inner.write(hello);
        socket.pipe(inner).pipe(socket);
      });
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    scene.onEnd(() => {
      for (const client of sockets.clients) client.terminate();
      http1.close();
      front.close();
    });
    const { port } = front.address() as AddressInfo;
    const tls = { hostname: 'backend.test', caPems: [ca.cert], subjectAltNames: [], clientCertificate: null };
    const gateway = await scene.start({
      rules: { r: { backends: [{ backend: 'b' }] } },
      backends: { b: { ports: [port], tls } },
    });
    expect(await talk(gateway.port, [5])).toEqual({ protocol: 'chat', sizes: [5] });
    expect(await talk(gateway.port, [6])).toEqual({ protocol: 'chat', sizes: [6] });
    expect(endpoint.sessions.length).toBe(1);
  });

  it('is an answer of the gateway where TLS does not', async () => {
    const endpoint = await Http2Endpoint.startTls(scene, mirror, {
      cert: leaf.certPem,
      key: leaf.keyPem,
      allowHTTP1: false,
    });
    const tls = { hostname: 'backend.test', caPems: [ca.cert], subjectAltNames: [], clientCertificate: null };
    const gateway = await scene.start({
      rules: { r: { backends: [{ backend: 'b' }] } },
      backends: { b: { ports: [endpoint.port], tls } },
    });
    await expect(talk(gateway.port, [])).rejects.toThrow('502');
    expect(await gateway.record()).toMatchObject({ reason: 'upgrade_unsupported' });
    expect(gateway.stats.failures(0)).toBe(0);
  });
});
