import { createServer } from 'node:http';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '../downstream/raw-client.ts';
import { ok } from '../support/raw-backend.ts';
import { Scene, siteOf } from '../support/scene.ts';

const scene = new Scene();

async function session(): Promise<ClientHttp2Session> {
  const client = connect(scene.gateway.url);
  client.on('error', () => {});
  scene.onEnd(() => client.destroy());
  await new Promise((resolve) => client.once('remoteSettings', resolve));
  return client;
}

const asks = {
  ...{ ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/chat', ':authority': 'a' },
  ...{ 'sec-websocket-version': '13', 'sec-websocket-protocol': 'chat' },
};

/** One message of a client (RFC 6455 §5.2), masked with zeros. */
function message(payload: Buffer): Buffer {
  const head = Buffer.alloc(14);
  head[0] = 0x82;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]);
}

/** Payload octets of all whole messages of a server. */
function payloads(octets: Buffer): number[] {
  const sizes: number[] = [];
  for (let at = 0; at + 2 <= octets.length; ) {
    let size = octets[at + 1]! & 127;
    at += 2;
    if (size === 126) {
      size = octets.readUInt16BE(at);
      at += 2;
    } else if (size === 127) {
      size = Number(octets.readBigUInt64BE(at));
      at += 8;
    }
    at += size;
    if (at <= octets.length) sizes.push(size);
  }
  return sizes;
}

class Tunnel {
  status: number = 0;
  headers: Record<string, unknown> = {};
  octets: Buffer = Buffer.alloc(0);
  ended: boolean = false;
  readonly stream: ClientHttp2Stream;

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    stream.on('response', (headers) => {
      this.headers = headers;
      this.status = Number(headers[':status']);
    });
    stream.on('data', (bytes: Buffer) => {
      this.octets = Buffer.concat([this.octets, bytes]);
    });
    stream.on('end', () => {
      this.ended = true;
    });
    stream.on('error', () => {});
  }

  async answered(): Promise<this> {
    await until(
      () => this.status !== 0,
      () => 'an answer',
    );
    return this;
  }
}

describe('a WebSocket over HTTP/2', () => {
  it('goes to an endpoint of HTTP/1.1, with messages of all sizes, beside other requests', async () => {
    const server = createServer((_request, response) => response.end('plain'));
    const sockets = new WebSocketServer({ server });
    let seen: Record<string, unknown> = {};
    sockets.on('connection', (socket: WebSocket, request) => {
      seen = request.headers;
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scene.onEnd(() => {
      for (const client of sockets.clients) client.terminate();
      server.close();
    });
    const gateway = await scene.start(siteOf([(server.address() as AddressInfo).port]));
    const client = await session();
    expect(client.remoteSettings.enableConnectProtocol).toBe(true);
    const tunnel = await new Tunnel(client.request(asks)).answered();
    expect(tunnel.headers).toMatchObject({ ':status': 200, 'sec-websocket-protocol': 'chat' });
    expect(tunnel.headers).not.toHaveProperty('sec-websocket-accept');
    expect(seen).toMatchObject({ connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' });
    expect(Buffer.from(String(seen['sec-websocket-key']), 'base64')).toHaveLength(16);
    expect(gateway.counter('tunnelsOpen')).toBe(1);
    const sizes = [0, 1, 1_000, 70_000, 3_000_000];
    for (const size of sizes) tunnel.stream.write(message(Buffer.alloc(size, 'w')));
    const other = new Tunnel(client.request({ ':path': '/' }));
    await until(
      () => other.ended,
      () => 'the other answer',
    );
    expect(other.octets.latin1Slice()).toBe('plain');
    await until(
      () => payloads(tunnel.octets).length === sizes.length,
      () => `${payloads(tunnel.octets)}`,
    );
    expect(payloads(tunnel.octets)).toEqual(sizes);
    for (const socket of sockets.clients) socket.close();
    // A client closes with a frame of its own (RFC 6455 §5.5.1).
    tunnel.stream.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
    await until(
      () => tunnel.ended,
      () => 'the end',
    );
    tunnel.stream.end();
    await until(
      () => gateway.counter('tunnelsOpen') === 0,
      () => 'the end of the tunnel',
    );
    expect(gateway.records.find(({ target }) => target === '/chat')).toMatchObject({
      ...{ status: 101, reason: '', protocolVersion: '2' },
    });
  });

  it('each get a key of their own', async () => {
    const b = await scene.backend((socket) => socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'));
    await scene.start(siteOf([b.port]));
    const client = await session();
    for (let i = 0; i < 3; i++) {
      const tunnel = await new Tunnel(client.request(asks)).answered();
      expect(tunnel.status).toBe(403);
      tunnel.stream.close();
      await until(
        () => tunnel.octets.length === 2 || tunnel.stream.destroyed,
        () => 'the answer',
      );
    }
    expect(b.requests).toBe(3);
    const fresh = new Set([...b.received.matchAll(/sec-websocket-key: (\S+)/gi)].map((match) => match[1]));
    expect(fresh.size).toBe(3);
  });

  it('that is reset ends at the endpoint, and the other way round', async () => {
    const b = await scene.backend((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhello'),
    );
    await scene.start(siteOf([b.port]));
    const client = await session();
    const [first, second] = [
      await new Tunnel(client.request(asks)).answered(),
      await new Tunnel(client.request(asks)).answered(),
    ];
    await until(
      () => second.octets.latin1Slice() === 'hello',
      () => 'greeting',
    );
    first.stream.close(8);
    await until(
      () => b.sockets.some(({ destroyed }) => destroyed),
      () => 'the end at the endpoint',
    );
    for (const socket of b.sockets) socket.destroy();
    await until(
      () => second.ended,
      () => 'the end at the client',
    );
    second.stream.end();
    await until(
      () => scene.gateway.counter('tunnelsOpen') === 0,
      () => 'the end of both',
    );
    expect(client.closed).toBe(false);
  });

  it('is the only thing that CONNECT is good for', async () => {
    const b = await scene.backend((socket) => socket.write(ok));
    await scene.start(siteOf([b.port]));
    const client = await session();
    expect((await new Tunnel(client.request({ ...asks, ':protocol': 'connect-udp' })).answered()).status).toBe(501);
    expect((await new Tunnel(client.request({ ':method': 'CONNECT', ':authority': 'a:1' })).answered()).status).toBe(
      501,
    );
    expect(b.requests).toBe(0);
  });
});
