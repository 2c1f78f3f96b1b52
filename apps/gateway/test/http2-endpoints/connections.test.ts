import { describe, expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import { Flag, type Frame, FrameBackend, type FrameConnection, FrameType, Setting } from '../support/frame-backend.ts';
import { closedPort, requestText, Scene } from '../support/scene.ts';
import { h2c, upstreamWith } from './http2-server.ts';

const scene = new Scene();

/** Does what every endpoint must; requests are the test's business. */
async function backend(
  onRequest: (stream: number, connection: FrameConnection) => void,
  onOpen: (connection: FrameConnection) => void = (connection) => connection.settings([]),
): Promise<FrameBackend> {
  const started = await FrameBackend.start((frame: Frame, connection) => {
    connection.acknowledge(frame);
    if (frame.type === FrameType.headers) onRequest(frame.stream, connection);
  }, onOpen);
  scene.onEnd(() => started.stop());
  return started;
}

/** Says nothing by itself. */
async function silentBackend(): Promise<FrameBackend> {
  const started = await FrameBackend.start(
    () => {},
    () => {},
  );
  scene.onEnd(() => started.stop());
  return started;
}

const answers = (stream: number, connection: FrameConnection): void => connection.answer(stream);

const allows =
  (streams: number) =>
  (connection: FrameConnection): void =>
    connection.settings([[Setting.maxConcurrentStreams, streams]]);

/** `count` requests at a time; what came of them, by status and body. */
async function burst(count: number, text: string = requestText()): Promise<string[]> {
  const texts = await Promise.all(Array.from({ length: count }, () => scene.gateway.exchange(text)));
  return texts.map((answer) => `${answer.slice(9, 12)} ${/c\ds\d+/.exec(answer)?.[0] ?? ''}`);
}

const connectionsOf = (seen: readonly string[]): number => new Set(seen.map((text) => text.slice(4, 6))).size;

describe('connections by need', () => {
  it('are one while its streams suffice, and one more from 80 % on', async () => {
    const waiting: (() => void)[] = [];
    const b = await backend((stream, connection) => waiting.push(() => connection.answer(stream)), allows(10));
    await scene.start(h2c([b.port]));
    const seven = burst(7);
    await until(
      () => waiting.length === 7,
      () => `${waiting.length} of 7 requests`,
    );
    await pause(30);
    expect(b.connections.length).toBe(1);
    const eighth = burst(1);
    await until(
      () => b.connections.length === 2,
      () => 'a second connection',
    );
    await until(
      () => scene.gateway.counter('upstreamHttp2ConnectionsOpen') === 2,
      () => 'its SETTINGS',
    );
    // The least loaded one gets the next.
    const ninth = burst(1);
    await until(
      () => waiting.length === 9,
      () => `${waiting.length} of 9 requests`,
    );
    expect(b.connections[1]!.streams.length).toBe(1);
    for (const answer of waiting) answer();
    expect(connectionsOf([...(await seven), ...(await eighth), ...(await ninth)])).toBe(2);
  });

  it('are as many as requests where one stream is allowed, and are used again', async () => {
    const b = await backend(answers, allows(1));
    await scene.start(h2c([b.port]));
    expect((await burst(20)).every((text) => text.startsWith('200'))).toBe(true);
    for (const connection of b.connections) expect(connection.socket.destroyed).toBe(false);
    const before = b.connections.length;
    expect((await burst(1))[0]).toMatch(/^200/);
    expect(b.connections.length).toBe(before);
  });

  it('wait in order for their SETTINGS', async () => {
    const b = await silentBackend();
    const gateway = await scene.start(h2c([b.port]));
    const client = await gateway.connect();
    client.send(requestText('POST', 'hello'));
    await until(
      () => b.connections.length === 1,
      () => 'a connection',
    );
    await pause(30);
    expect(b.requests).toBe(0);
    b.connections[0]!.settings([]);
    await until(
      () => b.connections[0]!.frames.some(({ type, flags }) => type === FrameType.data && (flags & Flag.endStream) > 0),
      () => 'the request',
    );
    b.connections[0]!.answer(1);
    await client.receives('c0s1');
    const data = b.connections[0]!.frames.filter(({ type }) => type === FrameType.data);
    expect(Buffer.concat(data.map(({ payload }) => payload)).latin1Slice()).toBe('hello');
    expect(data.at(-1)!.flags & Flag.endStream).toBe(Flag.endStream);
  });

  it('that never say SETTINGS are given up, and their requests go elsewhere, whatever their method', async () => {
    const silent = await silentBackend();
    const good = await backend(answers);
    const gateway = await scene.start(h2c([silent.port, good.port]), { upstream: { connectTimeoutMs: 100 } });
    const seen = await burst(6, requestText('POST', 'hello'));
    expect(seen.every((text) => text.startsWith('200'))).toBe(true);
    expect(silent.requests).toBe(0);
    expect(gateway.counter('retries')).toBeGreaterThan(0);
  });

  it('that allow no stream leave their requests to other endpoints', async () => {
    const closed = await backend(answers, allows(0));
    const good = await backend(answers);
    await scene.start(h2c([closed.port, good.port]), { upstream: { connectTimeoutMs: 1_000 } });
    const seen = await burst(6, requestText('POST', 'hello'));
    expect(seen.every((text) => text.startsWith('200'))).toBe(true);
    expect(closed.requests).toBe(0);
    expect(closed.connections.length).toBeLessThanOrEqual(2);
  });

  it('that allow no more streams are left for others', async () => {
    const b = await backend((stream, connection) => {
      connection.answer(stream);
      if (connection.index === 0) allows(0)(connection);
    });
    const gateway = await scene.start(h2c([b.port]), { upstream: { connectTimeoutMs: 100 }, exposeReason: true });
    expect(await burst(1)).toEqual(['200 c0s1']);
    await pause(20);
    expect(await gateway.exchange(requestText())).toMatch(/reason: overloaded/);
    expect(await burst(1)).toEqual(['200 c1s1']);
    await until(
      () => b.connections[0]!.ended,
      () => 'the end of the first connection',
    );
  });

  it('that allow no stream at first serve those who waited', async () => {
    const b = await backend(answers, (connection) => {
      allows(0)(connection);
      setTimeout(() => allows(5)(connection), 50);
    });
    await scene.start(h2c([b.port]));
    expect((await burst(3)).sort()).toEqual(['200 c0s1', '200 c0s3', '200 c0s5']);
  });

  it('that can not be had are an answer: 503', async () => {
    const gateway = await scene.start(h2c([await closedPort()]), { exposeReason: true });
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 503 [\s\S]*reason: connect_refused/);
  });

  it('close when nobody has used them for a while', async () => {
    const b = await backend(answers);
    const gateway = await scene.start(h2c([b.port]), { upstream: { idleTimeoutMs: 100 } });
    expect(await burst(1)).toEqual(['200 c0s1']);
    await until(
      () => b.connections[0]!.ended,
      () => 'the end',
    );
    expect(b.connections[0]!.count(FrameType.goaway)).toBe(1);
    expect(gateway.counter('upstreamHttp2ConnectionsOpen')).toBe(0);
    expect(await burst(1)).toEqual(['200 c1s1']);
  });

  it('of an endpoint that has left finish what they have, and close', async () => {
    const waiting: (() => void)[] = [];
    const leaving = await backend((stream, connection) => waiting.push(() => connection.answer(stream)));
    const gateway = await scene.start(h2c([leaving.port]));
    const three = burst(3);
    await until(
      () => waiting.length === 3,
      () => 'three requests',
    );
    const staying = await backend(answers);
    gateway.apply(h2c([staying.port]));
    expect(await burst(2)).toEqual(['200 c0s1', '200 c0s3']);
    expect(leaving.connections[0]!.ended).toBe(false);
    for (const answer of waiting) answer();
    expect((await three).every((text) => text.startsWith('200'))).toBe(true);
    await until(
      () => leaving.connections[0]!.ended,
      () => 'the end',
    );
    expect(staying.requests).toBe(2);
  });
});

describe('GOAWAY', () => {
  const post = requestText('POST', 'hello');

  it('moves what was not processed to a new connection, whatever its method, and lets the rest finish', async () => {
    const b = await backend((stream, connection) => {
      if (connection.index > 0) connection.answer(stream);
      if (connection.index > 0 || stream !== 9) return;
      connection.goaway(3, 0);
      for (const processed of [1, 3]) connection.answer(processed);
    });
    const gateway = await scene.start(h2c([b.port]));
    const seen = (await burst(5, post)).sort();
    expect(seen).toEqual(['200 c0s1', '200 c0s3', '200 c1s1', '200 c1s3', '200 c1s5']);
    await until(
      () => b.connections[0]!.ended,
      () => 'the end of the first connection',
    );
    expect(gateway.counter('upstreamGoaways')).toBe(1);
    expect(gateway.counter('retries')).toBe(0);
    expect(gateway.stats.failures(0)).toBe(0);
  });

  it('in two steps takes no new streams after the first', async () => {
    const b = await backend((stream, connection) => {
      if (connection.index > 0) return connection.answer(stream);
      connection.goaway(0x7fffffff, 0);
      setTimeout(() => {
        connection.goaway(stream, 0);
        connection.answer(stream);
      }, 50);
    });
    const gateway = await scene.start(h2c([b.port]));
    const first = burst(1);
    await until(
      () => gateway.counter('upstreamGoaways') === 1,
      () => 'GOAWAY',
    );
    expect(await burst(2)).toEqual(['200 c1s1', '200 c1s3']);
    expect(await first).toEqual(['200 c0s1']);
    expect(gateway.counter('upstreamGoaways')).toBe(1);
  });

  it('from an endpoint that always says it ends in an answer', async () => {
    const b = await backend((_stream, connection) => connection.goaway(0, 0));
    const gateway = await scene.start(h2c([b.port]), { exposeReason: true });
    expect(await gateway.exchange(post)).toMatch(/^HTTP\/1\.1 503 [\s\S]*reason: refused_stream/);
    expect(b.requests).toBe(2);
  });

  it('with the connection closed behind it loses what was processed, repeats what was not', async () => {
    const b = await backend((stream, connection) => {
      if (connection.index > 0) return connection.answer(stream);
      if (stream !== 3) return;
      connection.goaway(1, 0);
      connection.socket.end();
    });
    await scene.start(h2c([b.port]));
    expect((await burst(2, post)).map((text) => text.slice(0, 3)).sort()).toEqual(['200', '503']);
  });
});

describe('REFUSED_STREAM', () => {
  it('is asked of another endpoint, whatever the method', async () => {
    const refusing = await backend((stream, connection) => connection.reset(stream, 7));
    const good = await backend(answers);
    await scene.start(h2c([refusing.port, good.port]));
    const seen = await burst(8, requestText('POST', 'hello'));
    expect(seen.every((text) => text.startsWith('200'))).toBe(true);
    expect(refusing.requests).toBeGreaterThan(0);
  });

  it('is asked again of the same where there is no other', async () => {
    const b = await backend((stream, connection) => {
      if (stream === 1) connection.reset(stream, 7);
      else connection.answer(stream);
    });
    await scene.start(h2c([b.port]));
    expect(await burst(1, requestText('POST', 'hello'))).toEqual(['200 c0s3']);
  });
});

describe('a connection that dies', () => {
  it('between two requests costs neither', async () => {
    const b = await backend((stream, connection) => {
      if (connection.index === 0 && stream === 3) connection.socket.resetAndDestroy();
      else connection.answer(stream);
    });
    const gateway = await scene.start(h2c([b.port]));
    expect(await burst(1)).toEqual(['200 c0s1']);
    expect(await burst(1)).toEqual(['200 c1s1']);
    expect(gateway.counter('retries')).toBe(0);
  });

  it('with requests that may not be repeated fails those', async () => {
    const b = await backend((_stream, connection) => connection.socket.resetAndDestroy());
    const gateway = await scene.start(h2c([b.port]), { exposeReason: true });
    expect(await gateway.exchange(requestText('POST', 'hello'))).toMatch(
      /^HTTP\/1\.1 503 [\s\S]*reason: (reset|closed_early)/,
    );
    expect(b.requests).toBe(1);
  });

  it('silently is found by a PING, and what waits goes elsewhere', async () => {
    const dead = await FrameBackend.start((frame, connection) => {
      if (frame.type === FrameType.settings) connection.acknowledge(frame);
    });
    scene.onEnd(() => dead.stop());
    const good = await backend(answers);
    const http2 = { pingIdleMs: 100, pingTimeoutMs: 100 };
    const gateway = await scene.start(h2c([dead.port, good.port]), upstreamWith(http2));
    const startedMs = performance.now();
    const seen = await burst(6);
    expect(seen.every((text) => text.startsWith('200'))).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    expect(gateway.counter('upstreamPingsFailed')).toBe(1);
    expect(dead.connections[0]!.count(FrameType.ping)).toBeGreaterThan(0);
  });

  it('does not, when it only takes its time and answers PINGs', async () => {
    const b = await backend((stream, connection) => {
      setTimeout(() => connection.answer(stream), 600);
    });
    const gateway = await scene.start(h2c([b.port]), upstreamWith({ pingIdleMs: 100, pingTimeoutMs: 100 }));
    expect(await burst(1)).toEqual(['200 c0s1']);
    expect(b.connections[0]!.count(FrameType.ping)).toBe(2);
    expect(gateway.counter('upstreamPingsFailed')).toBe(0);
  });
});
