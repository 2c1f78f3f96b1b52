import { describe, expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import { ok, type RawAnswer, type RawBackend } from '../support/raw-backend.ts';
import type { Site } from '../support/route-builder.ts';
import { closedPort, requestText, Scene } from '../support/scene.ts';

const scene = new Scene();

const good: RawAnswer = (socket) => socket.write(ok);

function site(main: RawBackend, shadowPorts: readonly number[], numerator: number = 1, denominator: number = 1): Site {
  return {
    rules: {
      r: {
        backends: [{ backend: 'main' }],
        filters: shadowPorts.map((_, i) => ({
          type: 'requestMirror' as const,
          backend: `shadow${i}`,
          numerator,
          denominator,
        })),
      },
    },
    backends: {
      main: { ports: [main.port] },
      ...Object.fromEntries(shadowPorts.map((port, i) => [`shadow${i}`, { ports: [port] }])),
    },
  };
}

describe('a mirror', () => {
  it('gets the request as the endpoint does, body and trailers too; several do', async () => {
    const main = await scene.backend((socket) => setTimeout(() => socket.write(ok), 20));
    const shadows = [await scene.backend(good), await scene.backend(good)];
    const gateway = await scene.start(
      site(
        main,
        shadows.map(({ port }) => port),
      ),
    );
    const text = await gateway.exchange(
      'POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n',
    );
    expect(text.match(/HTTP\/1\.1 200/g)?.length).toBe(1);
    for (const shadow of shadows) {
      await until(
        () => shadow.received.length === main.received.length,
        () => shadow.received,
      );
      expect(shadow.received).toBe(main.received);
    }
    expect(gateway.counter('mirrorsSent')).toBe(2);
    expect(gateway.counter('mirrorsDropped')).toBe(0);
  });

  it('gets exactly its share', async () => {
    const main = await scene.backend(good);
    const shadow = await scene.backend(good);
    const gateway = await scene.start(site(main, [shadow.port], 3, 10));
    for (let i = 0; i < 40; i++) await gateway.exchange(requestText());
    await pause(10);
    expect(shadow.requests).toBe(12);
  });

  it.each<[string, RawAnswer]>([
    ['breaks off', (socket) => socket.destroy()],
    ['answers garbage', (socket) => socket.write('garbage\r\n\r\n')],
    ['never answers', () => {}],
    ['says 500', (socket) => socket.write('HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n')],
  ])('that %s is nobody’s business', async (_what, answer) => {
    const main = await scene.backend(good);
    const shadow = await scene.backend(answer);
    const gateway = await scene.start(site(main, [shadow.port]));
    for (let i = 0; i < 3; i++) {
      expect(await gateway.exchange(requestText('POST', 'hello'))).toMatch(/^HTTP\/1\.1 200 [\s\S]*ok$/);
    }
    expect(gateway.records.every(({ reason }) => reason === '')).toBe(true);
    expect(shadow.requests).toBe(3);
  });

  it('that can’t be reached is counted as dropped', async () => {
    const main = await scene.backend(good);
    const gateway = await scene.start(site(main, [await closedPort()]));
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 200 /);
    await until(
      () => gateway.counter('mirrorsDropped') === 1,
      () => 'the drop to be counted',
    );
  });

  it('that takes nothing is dropped, and does not hold up the upload', async () => {
    const main = await scene.backend((socket, _request, connection) => {
      socket.on('data', () => {
        if (connection.received.length > 8_000_000) socket.write(ok);
      });
    });
    const shadow = await scene.backend((socket) => socket.pause());
    const gateway = await scene.start(site(main, [shadow.port]));
    const client = await gateway.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 16000000\r\n\r\n');
    client.socket.write(Buffer.alloc(16_000_000, 'x'));
    await client.receives('200 OK');
    expect(gateway.counter('mirrorsDropped')).toBe(1);
  });

  it('is dropped with the request that it copies', async () => {
    const main = await scene.backend(() => {});
    const shadow = await scene.backend(() => {});
    const gateway = await scene.start(site(main, [shadow.port]));
    const client = await gateway.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    await shadow.receives('half');
    client.socket.resetAndDestroy();
    await until(
      () => shadow.sockets[0]!.readableEnded,
      () => 'the end of the copy',
    );
    expect(gateway.counter('mirrorsDropped')).toBe(1);
  });
});
