import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import { Scene } from '../support/scene.ts';
import { Http2Endpoint, h2c, readBody } from './http2-server.ts';

const scene = new Scene();

function client(): ClientHttp2Session {
  // Node counts what waits in its own queues, and resets streams for it.
  const session = connect(scene.gateway.url, { maxSessionMemory: 200 });
  session.on('error', () => {});
  scene.onEnd(() => session.destroy());
  return session;
}

interface Answer {
  status: number;
  body: string;
  trailers: Record<string, unknown>;
  infos: number[];
  /** Of RST_STREAM; -1 while the stream is open. */
  code: number;
}

function follow(stream: ClientHttp2Stream): Answer {
  const answer: Answer = { status: 0, body: '', trailers: {}, infos: [], code: -1 };
  stream.on('headers', (headers) => answer.infos.push(headers[':status'] ?? 0));
  stream.on('response', (headers) => {
    answer.status = headers[':status'] ?? 0;
  });
  stream.on('data', (bytes: Buffer) => {
    answer.body += bytes.latin1Slice();
  });
  stream.on('trailers', (trailers) => {
    answer.trailers = { ...trailers };
  });
  stream.on('error', () => {});
  stream.on('close', () => {
    answer.code = stream.rstCode;
  });
  return answer;
}

async function closed(answer: Answer): Promise<Answer> {
  await until(
    () => answer.code >= 0,
    () => `the end of ${JSON.stringify({ ...answer, body: answer.body.length })}`,
  );
  return answer;
}

describe('a client and an endpoint of HTTP/2', () => {
  it('exchange heads, bodies, interim responses and trailers', async () => {
    let trailers: unknown = null;
    const endpoint = await Http2Endpoint.start(scene, async (stream) => {
      stream.on('trailers', (fields: unknown) => {
        trailers = fields;
      });
      const body = await readBody(stream);
      stream.additionalHeaders({ ':status': 103 });
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(body);
    });
    await scene.start(h2c([endpoint.port]));
    const stream = client().request({ ':method': 'POST', ':path': '/' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-t': 'up' }));
    const answer = follow(stream);
    stream.end('hello');
    expect(await closed(answer)).toMatchObject({
      status: 200,
      body: 'hello',
      infos: [103],
      trailers: { 'grpc-status': '0' },
      code: 0,
    });
    expect(trailers).toMatchObject({ 'x-t': 'up' });
  });

  it('talk both ways at once, on many streams of one connection each', async () => {
    const endpoint = await Http2Endpoint.start(scene, (stream) => {
      stream.respond({ ':status': 200 });
      stream.on('data', (bytes: Buffer) => stream.write(bytes));
      stream.on('end', () => stream.end());
    });
    await scene.start(h2c([endpoint.port]));
    const session = client();
    const streams = Array.from({ length: 50 }, () => session.request({ ':method': 'POST', ':path': '/' }));
    const answers = streams.map(follow);
    for (let round = 1; round <= 5; round++) {
      for (const stream of streams) stream.write(`<${round}>`);
      await until(
        () => answers.every(({ body }) => body.endsWith(`<${round}>`)),
        () => `round ${round}`,
      );
    }
    for (const stream of streams) stream.end();
    for (const answer of answers) expect(await closed(answer)).toMatchObject({ body: '<1><2><3><4><5>', code: 0 });
    expect(endpoint.sessions.length).toBe(1);
  });

  it('move bodies of 4 MiB both ways on 20 streams at once', async () => {
    const endpoint = await Http2Endpoint.start(
      scene,
      (stream) => {
        stream.respond({ ':status': 200 });
        stream.pipe(stream);
      },
      { maxSessionMemory: 200 },
    );
    const gateway = await scene.start(h2c([endpoint.port]));
    const session = client();
    const size = 4 * 1024 * 1024;
    const received = Array.from({ length: 20 }, () => 0);
    const streams = received.map((_, i) => {
      const stream = session.request({ ':method': 'POST', ':path': '/' });
      stream.on('data', (bytes: Buffer) => {
        received[i]! += bytes.length;
      });
      stream.on('error', () => {});
      stream.end(Buffer.alloc(size, 'x'));
      return stream;
    });
    await until(
      () => streams.every((stream) => stream.closed),
      () => received.join(' '),
      20_000,
    );
    expect(received).toEqual(received.map(() => size));
    expect(gateway.records.every(({ reason }) => reason === '')).toBe(true);
  }, 30_000);

  it('tell each other of resets', async () => {
    const codes: number[] = [];
    const endpoint = await Http2Endpoint.start(scene, (stream, headers) => {
      stream.on('close', () => codes.push(stream.rstCode));
      stream.respond({ ':status': 200 });
      stream.write('half');
      if (headers[':path'] === '/endpoint') setTimeout(() => stream.destroy(new Error('no more')), 20);
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const session = client();
    const cancelled = session.request({ ':path': '/client' });
    const first = follow(cancelled);
    await until(
      () => first.body === 'half',
      () => 'half of the body',
    );
    cancelled.close(constants.NGHTTP2_CANCEL);
    await until(
      () => codes.length === 1,
      () => 'the reset',
    );
    expect(codes).toEqual([constants.NGHTTP2_CANCEL]);
    const second = await closed(follow(session.request({ ':path': '/endpoint' })));
    expect(second).toMatchObject({ status: 200, body: 'half' });
    expect(second.code).not.toBe(0);
    expect(gateway.records.map(({ reason }) => reason)).toEqual(['client_gone', 'reset']);
    expect(session.destroyed).toBe(false);
  });

  it('open a WebSocket by extended CONNECT on both sides', async () => {
    let seen: Record<string, unknown> = {};
    const endpoint = await Http2Endpoint.start(
      scene,
      (stream, headers) => {
        seen = headers;
        stream.respond({ ':status': 200, 'sec-websocket-protocol': 'chat' });
        stream.on('data', (bytes: Buffer) => stream.write(`<${bytes.latin1Slice()}>`));
        stream.on('end', () => stream.end());
      },
      { settings: { enableConnectProtocol: true } },
    );
    const gateway = await scene.start(h2c([endpoint.port]));
    const session = client();
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    const stream = session.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'http',
      ':path': '/chat',
      ':authority': 'a',
      'sec-websocket-version': '13',
    });
    let accept: unknown = 'none';
    stream.on('response', (headers) => {
      accept = headers['sec-websocket-accept'];
    });
    const answer = follow(stream);
    stream.write('one');
    await until(
      () => answer.body === '<one>',
      () => 'an echo',
    );
    stream.end('two');
    expect(await closed(answer)).toMatchObject({ status: 200, body: '<one><two>', code: 0 });
    expect(accept).toBeUndefined();
    expect(seen).toMatchObject({ ':protocol': 'websocket', ':path': '/chat' });
    expect(seen).not.toHaveProperty('sec-websocket-key');
    expect(await gateway.record()).toMatchObject({ status: 101, reason: '' });
  });

  it('lose nothing when the endpoint leaves its connection in the middle of streams', async () => {
    const endpoint = await Http2Endpoint.start(scene, async (stream) => {
      await readBody(stream);
      stream.respond({ ':status': 200 });
      stream.end(`s${endpoint.sessions.indexOf(stream.session as never)}`);
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const session = client();
    const streams = Array.from({ length: 10 }, () => session.request({ ':method': 'POST', ':path': '/' }));
    const answers = streams.map(follow);
    for (const stream of streams) stream.write('begin');
    await until(
      () => endpoint.streams === 10,
      () => 'ten streams',
    );
    endpoint.sessions[0]!.close();
    await until(
      () => gateway.counter('upstreamGoaways') === 1,
      () => 'GOAWAY',
    );
    const later = follow(session.request({ ':path': '/' }));
    for (const stream of streams) stream.end('end');
    for (const answer of answers) expect(await closed(answer)).toMatchObject({ status: 200, body: 's0', code: 0 });
    expect(await closed(later)).toMatchObject({ status: 200, body: 's1', code: 0 });
  });
});

it('a mirror over HTTP/2 gets the request, and does not hold it up', async () => {
  const seen: string[] = [];
  const main = await Http2Endpoint.start(scene, async (stream) => {
    const body = await readBody(stream);
    stream.respond({ ':status': 200 });
    stream.end(`main ${body.length}`);
  });
  const shadow = await Http2Endpoint.start(scene, async (stream) => {
    await pause(30);
    seen.push(await readBody(stream));
    stream.respond({ ':status': 500 });
    stream.end('shadow');
  });
  const gateway = await scene.start({
    rules: {
      r: {
        backends: [{ backend: 'main' }],
        filters: [{ type: 'requestMirror', backend: 'shadow', numerator: 1, denominator: 1 }],
      },
    },
    backends: {
      main: { ports: [main.port], protocol: 'h2c' },
      shadow: { ports: [shadow.port], protocol: 'h2c' },
    },
  });
  const stream = client().request({ ':method': 'POST', ':path': '/' });
  const answer = follow(stream);
  stream.end('x'.repeat(100_000));
  expect(await closed(answer)).toMatchObject({ status: 200, body: 'main 100000' });
  await until(
    () => seen.length === 1,
    () => 'the copy',
  );
  expect(seen[0]!.length).toBe(100_000);
  await until(
    () => gateway.stats.inFlight(1) === 0,
    () => 'the end of the copy',
  );
  expect(gateway.counter('mirrorsDropped')).toBe(0);
});

it('a rule that retries sends the body again, to another endpoint', async () => {
  const bodies: string[] = [];
  const flaky = (status: number) =>
    Http2Endpoint.start(scene, async (stream) => {
      bodies.push(await readBody(stream));
      stream.respond({ ':status': status });
      stream.end(String(status));
    });
  const all = [await flaky(503), await flaky(200)];
  await scene.start(
    h2c(
      all.map(({ port }) => port),
      { retry: { attempts: 1, backoffMs: 0, codes: [503] } },
    ),
  );
  const session = client();
  for (let i = 0; i < 6; i++) {
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    const answer = follow(stream);
    stream.end(`body ${i}`);
    expect(await closed(answer)).toMatchObject({ status: 200, body: '200' });
  }
  expect(all[0]!.streams).toBeGreaterThan(0);
  expect(bodies.every((body) => body.startsWith('body '))).toBe(true);
});
