import { describe, expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import { Flag, FrameBackend, type FrameConnection, FrameType, fieldBlock, Setting } from '../support/frame-backend.ts';
import { requestText, Scene } from '../support/scene.ts';
import { h2c, upstreamWith } from './http2-server.ts';

const scene = new Scene();

const noRetry = { upstream: { retryAttempts: 0 }, exposeReason: true };

type OnRequest = (stream: number, connection: FrameConnection) => void;

async function backend(onRequest: OnRequest, settings: readonly [number, number][] = []): Promise<FrameBackend> {
  const started = await FrameBackend.start(
    (frame, connection) => {
      connection.acknowledge(frame);
      if (frame.type === FrameType.headers) onRequest(frame.stream, connection);
    },
    (connection) => connection.settings(settings),
  );
  scene.onEnd(() => started.stop());
  return started;
}

const status = [':status', '200'] as const;

describe('an endpoint that breaks one stream before its head', () => {
  it.each<[string, OnRequest]>([
    ['a head without a status', (stream, c) => c.headers(stream, [['x-a', '1']], true)],
    ['a bad status', (stream, c) => c.headers(stream, [[':status', '2000']], true)],
    ['two statuses', (stream, c) => c.headers(stream, [status, status], true)],
    ['a status behind a field', (stream, c) => c.headers(stream, [['x-a', '1'], status], true)],
    ['a pseudo field of requests', (stream, c) => c.headers(stream, [status, [':path', '/']], true)],
    ['upper case in a name', (stream, c) => c.headers(stream, [status, ['X-A', '1']], true)],
    ['a line end in a value', (stream, c) => c.headers(stream, [status, ['x-a', '1\r\nx-b: 2']], true)],
    ['a field of the connection', (stream, c) => c.headers(stream, [status, ['connection', 'close']], true)],
    ['transfer-encoding', (stream, c) => c.headers(stream, [status, ['transfer-encoding', 'chunked']], true)],
    [
      'two lengths',
      (stream, c) => c.headers(stream, [status, ['content-length', '1'], ['content-length', '2']], false),
    ],
    ['a length that is none', (stream, c) => c.headers(stream, [status, ['content-length', '1x']], false)],
    ['101, which HTTP/2 does not have', (stream, c) => c.headers(stream, [[':status', '101']], false)],
    ['an interim response that ends the stream', (stream, c) => c.headers(stream, [[':status', '103']], true)],
    ['data before a head', (stream, c) => c.data(stream, 'early', true)],
    ['400 fields', (stream, c) => headersInParts(c, stream, [status, ...many(400, '1')])],
  ])('with %s: 502, and the connection goes on', async (_what, answer) => {
    const b = await backend((stream, connection) => {
      if (stream === 1) answer(stream, connection);
      else connection.answer(stream);
    });
    const gateway = await scene.start(h2c([b.port]), noRetry);
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 502 [\s\S]*reason: bad_response/i);
    expect(await gateway.exchange(requestText())).toMatch(/c0s3/);
  });

  it('floods with interim responses: the client gets at most eight', async () => {
    const b = await backend((stream, connection) => {
      for (let i = 0; i < 500; i++) connection.headers(stream, [[':status', '103']], false);
      connection.answer(stream);
    });
    const gateway = await scene.start(h2c([b.port]), noRetry);
    const text = await gateway.exchange(requestText());
    expect(text).toMatch(/HTTP\/1\.1 502 [\s\S]*reason: bad_response/i);
    expect(text.match(/HTTP\/1\.1 103 /g)!.length).toBeLessThanOrEqual(8);
  });
});

describe('an endpoint that breaks one stream within its body', () => {
  it.each<[string, OnRequest]>([
    [
      'is shorter than its length',
      (stream, c) => {
        c.headers(stream, [status, ['content-length', '10']], false);
        c.data(stream, 'half', true);
      },
    ],
    [
      'is longer than its length',
      (stream, c) => {
        c.headers(stream, [status, ['content-length', '4']], false);
        c.data(stream, 'half and more', true);
      },
    ],
    [
      'is reset',
      (stream, c) => {
        c.headers(stream, [status], false);
        c.data(stream, 'half', false);
        c.reset(stream, 2);
      },
    ],
    [
      'has trailers with a pseudo field',
      (stream, c) => {
        c.headers(stream, [status], false);
        c.data(stream, 'half', false);
        c.headers(stream, [status], true);
      },
    ],
    [
      'has trailers that do not end it',
      (stream, c) => {
        c.headers(stream, [status], false);
        c.data(stream, 'half', false);
        c.headers(stream, [['x-t', '1']], false);
      },
    ],
  ])('that %s never ends cleanly for the client', async (_what, answer) => {
    const b = await backend((stream, connection) => {
      if (stream === 1) answer(stream, connection);
      else connection.answer(stream);
    });
    const gateway = await scene.start(h2c([b.port]), noRetry);
    const text = await gateway.exchange(requestText());
    expect(text).toMatch(/^($|HTTP\/1\.1 (200|502) )/);
    expect(text).not.toMatch(/\r\n0\r\n[\s\S]*\r\n\r\n$/);
    expect(text).not.toMatch(/content-length: 4\r\n\r\nhalf and more$/);
    expect((await gateway.record()).reason).not.toBe('');
    expect(await gateway.exchange(requestText())).toMatch(/c0s3/);
  });
});

describe('an endpoint that breaks the connection', () => {
  it.each<[string, OnRequest]>([
    ['with PUSH_PROMISE', (stream, c) => c.frame(FrameType.pushPromise, Flag.endHeaders, stream, promise())],
    ['with a stream of its own', (_stream, c) => c.headers(2, [status], true)],
    ['with an answer to nobody', (_stream, c) => c.headers(99, [status], true)],
    [
      'with a field block that no one can read',
      (stream, c) => c.frame(1, 5, stream, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff])),
    ],
    ['with a frame that is too large', (stream, c) => c.frame(FrameType.data, 0, stream, Buffer.alloc(20_000_00))],
    ['with a window that overflows', (_stream, c) => c.windowUpdate(0, 0x7fffffff)],
    ['with a window of nothing', (_stream, c) => c.windowUpdate(0, 0)],
    ['with a setting out of range', (_stream, c) => c.settings([[Setting.initialWindowSize, 0x80000000]])],
    ['with CONTINUATION out of place', (stream, c) => c.frame(FrameType.continuation, Flag.endHeaders, stream)],
    ['with SETTINGS on a stream', (stream, c) => c.frame(FrameType.settings, 0, stream)],
    ['with text', (_stream, c) => c.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')],
    ['with endless fields', (stream, c) => endlessFields(stream, c)],
  ])('%s loses it, and its request: 502', async (_what, answer) => {
    const b = await backend((stream, connection) => {
      if (connection.index === 0) answer(stream, connection);
      else connection.answer(stream);
    });
    const gateway = await scene.start(h2c([b.port]), noRetry);
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 502 [\s\S]*reason: bad_response/i);
    await until(
      () => b.connections[0]!.ended,
      () => 'the end of the connection',
    );
    expect(b.connections[0]!.count(FrameType.goaway)).toBe(1);
    expect(await gateway.exchange(requestText())).toMatch(/c1s1/);
  });

  it('by speaking HTTP/1.1 has seen no request', async () => {
    const b = await FrameBackend.start(
      () => {},
      (connection) => connection.socket.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
    );
    scene.onEnd(() => b.stop());
    const gateway = await scene.start(h2c([b.port]), noRetry);
    expect(await gateway.exchange(requestText('POST', 'x'))).toMatch(/^HTTP\/1\.1 502 [\s\S]*reason: bad_response/i);
    expect(b.requests).toBe(0);
  });

  it.each<[string, (c: FrameConnection) => void]>([
    ['PING', (c) => c.frame(FrameType.ping, 0, 0, Buffer.alloc(8))],
    ['SETTINGS', (c) => c.settings([])],
    ['empty DATA', (c) => c.data(1, '', false)],
  ])('with a flood of %s is cut off', async (_what, send) => {
    const b = await backend((stream, connection) => {
      connection.headers(stream, [status], false);
      for (let i = 0; i < 12_000; i++) send(connection);
    });
    const gateway = await scene.start(h2c([b.port]), noRetry);
    await gateway.exchange(requestText());
    await until(
      () => b.connections[0]!.ended,
      () => 'the end of the connection',
    );
    expect((await gateway.record()).reason).toBe('bad_response');
  });
});

describe('windows of an endpoint', () => {
  it('of nothing hold the body back, and bound what is taken of the client', async () => {
    const b = await backend(() => {}, [[Setting.initialWindowSize, 0]]);
    const gateway = await scene.start(h2c([b.port]));
    const client = await gateway.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 8000000\r\n\r\n');
    client.socket.write(Buffer.alloc(8_000_000, 'x'));
    await pause(150);
    const connection = b.connections[0]!;
    expect(connection.count(FrameType.data)).toBe(0);
    expect(gateway.dataPlane.pipeline.open.first!.requestBytes).toBeLessThan(1_000_000);
    connection.windowUpdate(1, 0x7fff0000);
    connection.windowUpdate(0, 0x7fff0000 - 65_535);
    await until(
      () => connection.frames.some(({ type, flags }) => type === FrameType.data && (flags & Flag.endStream) !== 0),
      () => 'the end of the body',
    );
    connection.answer(1);
    await client.receives('c0s1');
    const sizes = connection.frames.filter(({ type }) => type === FrameType.data).map(({ payload }) => payload.length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(8_000_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16_384);
  });

  it('that shrink below what was sent are made up for first', async () => {
    const b = await backend(() => {}, [[Setting.initialWindowSize, 1_000]]);
    const gateway = await scene.start(h2c([b.port]));
    const client = await gateway.connect();
    client.send(requestText('POST', 'x'.repeat(2_000)));
    const sent = () =>
      b.connections[0]!.frames.filter(({ type }) => type === FrameType.data).reduce((n, f) => n + f.payload.length, 0);
    await until(
      () => b.connections.length > 0 && sent() === 1_000,
      () => '1,000 octets',
    );
    b.connections[0]!.settings([[Setting.initialWindowSize, 0]]);
    b.connections[0]!.windowUpdate(1, 1_000);
    await pause(50);
    expect(sent()).toBe(1_000);
    b.connections[0]!.windowUpdate(1, 400);
    await until(
      () => sent() === 1_400,
      () => `1,400 octets, has ${sent()}`,
    );
    b.connections[0]!.windowUpdate(1, 5_000);
    b.connections[0]!.answer(1);
    await client.receives('c0s1');
  });

  it('of one stream do not hold up another', async () => {
    const b = await backend(
      (stream, connection) => {
        if (stream === 3) connection.answer(stream);
      },
      [[Setting.initialWindowSize, 10]],
    );
    const gateway = await scene.start(h2c([b.port]));
    const stuck = await gateway.connect();
    stuck.send(requestText('POST', 'x'.repeat(1_000)));
    await until(
      () => b.requests === 1,
      () => 'a request',
    );
    expect(await gateway.exchange(requestText())).toMatch(/c0s3/);
  });
});

it('a silent endpoint is dropped while a body waits for its window', async () => {
  const b = await FrameBackend.start(
    (frame, connection) => {
      if (frame.type === FrameType.settings) connection.acknowledge(frame);
    },
    (connection) => connection.settings([[Setting.initialWindowSize, 0]]),
  );
  scene.onEnd(() => b.stop());
  const gateway = await scene.start(h2c([b.port]), {
    ...upstreamWith({ pingIdleMs: 100, pingTimeoutMs: 100 }),
    exposeReason: true,
  });
  expect(await gateway.exchange(requestText('POST', 'hello'))).toMatch(/^HTTP\/1\.1 503 [\s\S]*reason: reset/);
});

function many(count: number, value: string): [string, string][] {
  return Array.from({ length: count }, (_, i) => [`x-${i}`, value]);
}

/** Field blocks beyond one frame. */
function headersInParts(c: FrameConnection, stream: number, fields: readonly (readonly [string, string])[]): void {
  const block = fieldBlock(fields);
  for (let at = 0; at < block.length; at += 16_384) {
    const isLast = at + 16_384 >= block.length;
    const type = at === 0 ? FrameType.headers : FrameType.continuation;
    const flags = (isLast ? Flag.endHeaders : 0) | (at === 0 ? Flag.endStream : 0);
    c.frame(type, flags, stream, block.subarray(at, at + 16_384));
  }
}

function endlessFields(stream: number, c: FrameConnection): void {
  const block = fieldBlock([['x-a', 'v'.repeat(16_000)]]);
  c.frame(FrameType.headers, 0, stream, fieldBlock([status]));
  for (let i = 0; i < 40; i++) c.frame(FrameType.continuation, 0, stream, block);
}

function promise(): Buffer {
  return Buffer.concat([
    Buffer.from([0, 0, 0, 2]),
    fieldBlock([
      [':method', 'GET'],
      [':path', '/pushed'],
    ]),
  ]);
}
