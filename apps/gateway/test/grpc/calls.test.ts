import type { ServerHttp2Stream } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { until } from '../downstream/raw-client.ts';
import { Http2Endpoint, h2c, type OnStream } from '../http2-endpoints/http2-server.ts';
import { Scene } from '../support/scene.ts';
import { GrpcClient, message } from './grpc-client.ts';

/** gRPC as it is spoken: HTTP/2 on both sides, by node:http2. */

const scene = new Scene();

const head = { ':status': 200, 'content-type': 'application/grpc' };

function respond(stream: ServerHttp2Stream, status: string, fields: Record<string, string> = {}): void {
  stream.respond({ ...head, ...fields }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status, 'grpc-message': 'as%20said' }));
}

/** Answers every message with itself. */
const echo: OnStream = (stream) => {
  respond(stream, '0');
  stream.on('data', (bytes) => stream.write(bytes));
  stream.on('end', () => stream.end());
};

/** Takes calls and says nothing. */
const silent: OnStream = (stream) => void stream.resume();

/** Sends a head and one message, and nothing more. */
const begins: OnStream = (stream) => {
  stream.resume();
  stream.respond(head);
  stream.write(message('first'));
};

describe('a call', () => {
  it('is relayed with its message, metadata and trailers', async () => {
    let seen: Record<string, unknown> = {};
    const b = await Http2Endpoint.start(scene, (stream, headers) => {
      seen = headers;
      respond(stream, '5', { 'x-initial': 'a', 'grpc-encoding': 'identity' });
      stream.end(message('pong'));
      stream.resume();
    });
    const gateway = await scene.start(h2c([b.port]));
    const call = await new GrpcClient(scene).unary('/shop.Orders/Place', {
      ...{ 'grpc-timeout': '1M', 'x-bin': 'AAEC', 'user-agent': 'grpc-test/1' },
    });
    expect(seen).toMatchObject({
      ...{ ':method': 'POST', ':path': '/shop.Orders/Place', te: 'trailers', 'content-type': 'application/grpc' },
      ...{ 'grpc-timeout': '1M', 'x-bin': 'AAEC', 'user-agent': 'grpc-test/1' },
    });
    expect(call.head).toMatchObject({ ...head, 'x-initial': 'a', 'grpc-encoding': 'identity' });
    expect(call.text).toBe(message('pong').latin1Slice());
    expect(call.trailers).toMatchObject({ 'grpc-status': '5', 'grpc-message': 'as%20said' });
    expect(await gateway.record()).toMatchObject({ grpcStatus: 5, protocolVersion: '2', reason: '' });
  });

  it('without messages is answered by a head alone', async () => {
    const b = await Http2Endpoint.start(scene, (stream) => {
      stream.respond({ ...head, 'grpc-status': '16', 'grpc-message': 'who?' }, { endStream: true });
    });
    await scene.start(h2c([b.port]));
    const call = await new GrpcClient(scene).unary();
    expect(call.head).toMatchObject({ 'grpc-status': '16', 'grpc-message': 'who?' });
    expect(call.trailers).toEqual({});
  });

  it('streams in both directions at once', async () => {
    const b = await Http2Endpoint.start(scene, echo);
    await scene.start(h2c([b.port]));
    const call = new GrpcClient(scene).open();
    for (let i = 0; i < 20; i++) {
      call.stream.write(message(`message ${i}`));
      await call.receives(`message ${i}`);
    }
    expect(call.status).toBe('');
    call.stream.end();
    await call.ends();
    expect(call.status).toBe('0');
  });

  it('takes its session with it in a header', async () => {
    const answer =
      (name: string): OnStream =>
      (stream) => {
        stream.resume();
        respond(stream, '0', { 'x-from': name });
        stream.end();
      };
    const endpoints: Http2Endpoint[] = [];
    for (const name of ['a', 'b', 'c']) endpoints.push(await Http2Endpoint.start(scene, answer(name)));
    const sessionPersistence = {
      ...({ type: 'header', name: 'x-session', path: '', lifetime: 'session' } as const),
      ...{ absoluteTimeoutMs: 0, idleTimeoutMs: 0 },
    };
    await scene.start(
      h2c(
        endpoints.map(({ port }) => port),
        { sessionPersistence },
      ),
    );
    const client = new GrpcClient(scene);
    const first = await client.unary();
    const from = new Set<unknown>();
    for (let i = 0; i < 12; i++) {
      const { head: answered } = await client.unary('/a.B/C', { 'x-session': String(first.head['x-session']) });
      from.add(answered['x-from']);
    }
    expect([...from]).toEqual([first.head['x-from']]);
  });
});

describe('a call that the gateway ends', () => {
  it('before it began: a head with the status', async () => {
    await scene.start(h2c([], { path: '/known' }));
    const client = new GrpcClient(scene);
    const unknown = await client.unary('/unknown.Service/Method');
    expect(unknown.head).toMatchObject({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' });
    expect(unknown.head['content-length']).toBeUndefined();
    expect((await client.unary('/known/Method')).head).toMatchObject({
      'grpc-status': '14',
      'grpc-message': 'No endpoint is ready.',
    });
  });

  it('in its midst, when its endpoint is lost: UNAVAILABLE behind what was relayed', async () => {
    const b = await Http2Endpoint.start(scene, begins);
    const gateway = await scene.start(h2c([b.port]));
    const call = new GrpcClient(scene).open();
    call.stream.write(message('hello'));
    await call.receives('first');
    for (const session of b.sessions) session.destroy();
    await call.ends();
    expect([call.status, call.error]).toEqual(['14', '']);
    expect(await gateway.record()).toMatchObject({ grpcStatus: 14, status: 200 });
  });

  it('in its midst, when its deadline passes: DEADLINE_EXCEEDED, and the endpoint is let go', async () => {
    let closed = false;
    const b = await Http2Endpoint.start(scene, (stream, headers) => {
      begins(stream, headers);
      stream.on('close', () => {
        closed = true;
      });
    });
    const gateway = await scene.start(h2c([b.port]));
    const call = await new GrpcClient(scene).unary('/a.B/C', { 'grpc-timeout': '100m' });
    expect(call.text).toContain('first');
    expect(call.status).toBe('4');
    await until(
      () => closed,
      () => 'the end of the stream to the endpoint',
    );
    expect(await gateway.record()).toMatchObject({ grpcStatus: 4, reason: 'grpc_timeout' });
  });

  it('that the client has left: its endpoint hears of it at once', async () => {
    let closed = false;
    const b = await Http2Endpoint.start(scene, (stream, headers) => {
      begins(stream, headers);
      stream.on('close', () => {
        closed = true;
      });
    });
    const gateway = await scene.start(h2c([b.port]));
    const call = new GrpcClient(scene).open();
    call.stream.write(message('hello'));
    await call.receives('first');
    call.stream.close(8);
    await until(
      () => closed,
      () => 'the end of the stream to the endpoint',
    );
    expect(await gateway.record()).toMatchObject({ grpcStatus: 1, reason: 'client_gone' });
  });
});

describe('calls of one connection', () => {
  it('are spread over all endpoints', async () => {
    const endpoints: Http2Endpoint[] = [];
    for (let i = 0; i < 5; i++) endpoints.push(await Http2Endpoint.start(scene, echo));
    await scene.start(h2c(endpoints.map(({ port }) => port)));
    const client = new GrpcClient(scene);
    for (let i = 0; i < 100; i++) await Promise.all(Array.from({ length: 10 }, () => client.unary()));
    for (const { streams } of endpoints) {
      // What a busy machine does to latencies is not to be judged here.
      expect(streams).toBeGreaterThanOrEqual(100);
      expect(streams).toBeLessThanOrEqual(300);
    }
  });

  it('that are silent streams go where the fewest are', async () => {
    const endpoints: Http2Endpoint[] = [];
    for (let i = 0; i < 4; i++) endpoints.push(await Http2Endpoint.start(scene, silent));
    await scene.start(h2c(endpoints.map(({ port }) => port)));
    const client = new GrpcClient(scene);
    const calls = Array.from({ length: 80 }, () => client.open());
    for (const { stream } of calls) stream.write(message('subscribe'));
    const total = () => endpoints.reduce((sum, { streams }) => sum + streams, 0);
    await until(
      () => total() === 80,
      () => `80 streams; there are ${total()}`,
    );
    for (const { streams } of endpoints) {
      expect(streams).toBeGreaterThanOrEqual(14);
      expect(streams).toBeLessThanOrEqual(24);
    }
    for (const { stream } of calls) stream.close();
  });
});

it('gRPC-Web passes untouched, over HTTP/1.1 and to HTTP/2', async () => {
  const b = await Http2Endpoint.start(scene, (stream, headers) => {
    stream.resume();
    stream.respond({ ':status': 200, 'content-type': headers['content-type'], 'access-control-allow-origin': '*' });
    stream.end('AAAAAA1ncnBjLXN0YXR1czogMA==');
  });
  const gateway = await scene.start(h2c([b.port]));
  const body = 'AAAAAAA=';
  const text = await gateway.exchange(
    `POST /a.B/C HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/grpc-web-text\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  expect(text).toMatch(
    /^HTTP\/1\.1 200 [\s\S]*content-type: application\/grpc-web-text[\s\S]*AAAAAA1ncnBjLXN0YXR1czogMA==/,
  );
  expect(await gateway.record()).toMatchObject({ grpcStatus: -1, status: 200 });
});
