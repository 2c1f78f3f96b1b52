import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import { ok } from '../support/raw-backend.ts';
import { requestText, Scene, siteOf } from '../support/scene.ts';

const scene = new Scene();

const bodyBytes = 64 * 1024 * 1024;
/** What may lie in buffers of ours between two sockets, with what the kernel holds at both ends. */
const boundBytes = 24 * 1024 * 1024;

describe('bodies of 64 MiB', () => {
  it('upload as fast as the endpoint takes them, no faster', async () => {
    let received = 0;
    let reading = false;
    const server = await listening((socket) => {
      socket.pause();
      void until(
        () => reading,
        () => 'permission',
      ).then(() => socket.resume());
      socket.on('data', (bytes) => {
        received += bytes.length;
        if (received > bodyBytes) socket.write(ok);
      });
    });
    const gateway = await scene.start(siteOf([portOf(server)]));
    const client = await gateway.connect();
    const sent = send(client.socket, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bodyBytes}\r\n\r\n`);
    await settles(() => gateway.dataPlane.pipeline.open.first?.requestBytes ?? 0);
    expect(gateway.dataPlane.pipeline.open.first!.requestBytes).toBeLessThan(boundBytes);
    reading = true;
    await client.receives('200 OK');
    await sent;
    expect(await gateway.record()).toMatchObject({ requestBytes: bodyBytes, status: 200 });
  });

  it('download as fast as the client takes them, no faster', async () => {
    const server = await listening((socket) => {
      socket.once('data', () => void send(socket, `HTTP/1.1 200 OK\r\nContent-Length: ${bodyBytes}\r\n\r\n`));
    });
    const gateway = await scene.start(siteOf([portOf(server)]));
    const client = connect({ port: gateway.port, host: '127.0.0.1' });
    scene.onEnd(() => client.destroy());
    client.write(requestText());
    await settles(() => gateway.dataPlane.pipeline.open.first?.responseBytes ?? 0);
    expect(gateway.dataPlane.pipeline.open.first!.responseBytes).toBeLessThan(boundBytes);
    let received = 0;
    client.on('data', (bytes) => {
      received += bytes.length;
    });
    expect(await gateway.record()).toMatchObject({ responseBytes: bodyBytes, status: 200, reason: '' });
    await until(
      () => received > bodyBytes,
      () => `${received} octets`,
    );
  });
});

describe('an abort', () => {
  it('of the client cancels the endpoint at once', async () => {
    const b = await scene.backend(() => {});
    const gateway = await scene.start(siteOf([b.port]));
    const client = await gateway.connect();
    client.send(requestText());
    await b.receives('GET');
    client.socket.resetAndDestroy();
    await until(
      () => b.sockets[0]!.readableEnded || b.sockets[0]!.destroyed,
      () => 'the end of the connection to the endpoint',
      1_000,
    );
    expect(await gateway.record()).toMatchObject({ status: 0, reason: 'client_gone' });
    expect(gateway.stats.inFlight(0)).toBe(0);
  });

  it('of the client in the middle of its body never looks like an end', async () => {
    const b = await scene.backend(() => {});
    const gateway = await scene.start(siteOf([b.port]));
    const client = await gateway.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    await b.receives('half');
    client.socket.resetAndDestroy();
    await gateway.record();
    await pause(20);
    expect(b.received).not.toMatch(/0\r\n\r\n$/);
  });

  it('of the client in the middle of a response', async () => {
    const b = await scene.backend((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf'));
    const gateway = await scene.start(siteOf([b.port]));
    const client = await gateway.connect();
    client.send(requestText());
    await client.receives('half');
    client.socket.resetAndDestroy();
    expect(await gateway.record()).toMatchObject({ status: 200, reason: 'client_gone', responseBytes: 4 });
  });
});

async function listening(onSocket: (socket: Socket) => void): Promise<Server> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scene.onEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

/** Sends a head and a body of 64 MiB with the backpressure of its socket. */
async function send(socket: Socket, head: string): Promise<void> {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  socket.write(head);
  for (let left = bodyBytes; left > 0 && !socket.destroyed; left -= chunk.length) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
  }
}

/** Until nothing moves any more. */
async function settles(count: () => number): Promise<void> {
  for (let before = -1; before !== count() || before === 0; ) {
    before = count();
    await pause(60);
  }
}
