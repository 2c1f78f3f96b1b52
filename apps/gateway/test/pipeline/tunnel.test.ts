import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { until } from '../downstream/raw-client.ts';
import { ok } from '../support/raw-backend.ts';
import { Scene, siteOf } from '../support/scene.ts';

const scene = new Scene();

const upgrade =
  'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\nAuthorization: Bearer x\r\n\r\n';
const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n';

describe('an upgrade', () => {
  it('of a WebSocket carries messages of all sizes both ways until it is closed', async () => {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scene.onEnd(() => {
      for (const client of sockets.clients) client.terminate();
      server.close();
    });
    const gateway = await scene.start(siteOf([(server.address() as AddressInfo).port]));
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/chat`);
    const messages: Buffer[] = [];
    socket.on('message', (data: Buffer) => messages.push(data));
    await new Promise((resolve) => socket.once('open', resolve));
    expect(gateway.counter('tunnelsOpen')).toBe(1);
    const sizes = [0, 1, 1_000, 70_000, 3_000_000];
    for (const size of sizes) socket.send(Buffer.alloc(size, 'w'));
    await until(
      () => messages.length === sizes.length,
      () => `${messages.length} messages`,
    );
    expect(messages.map(({ length }) => length)).toEqual(sizes);
    socket.close();
    const record = await gateway.record();
    expect(record).toMatchObject({ status: 101, reason: '' });
    expect(record.responseBytes).toBeGreaterThan(3_071_001);
    expect(gateway.counter('tunnelsOpen')).toBe(0);
    expect(gateway.stats.inFlight(0)).toBe(0);
  });

  it('is a tunnel with the 101, from both sides at once, and half-closes', async () => {
    const b = await scene.backend((socket) => {
      socket.write(`${switched}early`);
      socket.removeAllListeners('end');
      socket.on('end', () => setTimeout(() => socket.end('last words'), 20));
    });
    const gateway = await scene.start(siteOf([b.port]));
    const client = await gateway.connect();
    client.send(upgrade);
    await client.receives('early');
    expect(client.text).toMatch(/^HTTP\/1\.1 101 [\s\S]*upgrade: echo\r\n/i);
    expect(b.received).toMatch(/upgrade: echo\r\n/i);
    expect(b.received).toMatch(/authorization: Bearer x\r\n/i);
    client.send('raw \0 octets');
    await b.receives('raw \0 octets');
    client.socket.end();
    await client.receives('last words');
    await client.endsCleanly();
    expect(await gateway.record()).toMatchObject({ status: 101, reason: '', requestBytes: 12, responseBytes: 15 });
  });

  it('refused by the endpoint is an ordinary answer, and the connection goes on', async () => {
    const b = await scene.backend((socket) => socket.write(ok));
    const gateway = await scene.start(siteOf([b.port]));
    const client = await gateway.connect();
    client.send(upgrade);
    await client.receives('ok');
    client.send('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    await b.receives('GET /next');
    expect(gateway.counter('tunnelsOpen')).toBe(0);
    expect(b.connections.length).toBe(1);
  });

  it('ends for the client when the endpoint resets, and the other way round', async () => {
    const b = await scene.backend((socket) => socket.write(switched));
    const gateway = await scene.start(siteOf([b.port]));
    const first = await gateway.connect();
    first.send(upgrade);
    await first.receives('101');
    b.sockets[0]!.resetAndDestroy();
    await until(
      () => first.closed,
      () => 'the client’s end',
    );
    const second = await gateway.connect();
    second.send(upgrade);
    await second.receives('101');
    second.socket.resetAndDestroy();
    await until(
      () => b.sockets[1]!.destroyed || b.sockets[1]!.readableEnded,
      () => 'the endpoint’s end',
    );
    await gateway.record(2);
    expect(gateway.counter('tunnelsOpen')).toBe(0);
  });

  it('is not ended by the timeout of the request', async () => {
    const b = await scene.backend((socket, _request, { requests }) => {
      if (requests === 1) setTimeout(() => socket.write(switched), 5);
    });
    const gateway = await scene.start(siteOf([b.port], { timeouts: { requestMs: 60, backendRequestMs: 60 } }));
    const client = await gateway.connect();
    client.send(upgrade);
    await client.receives('101');
    await new Promise((resolve) => setTimeout(resolve, 120));
    b.sockets[0]!.write('still here');
    await client.receives('still here');
  });
});
