import { describe, expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import type { RawAnswer } from '../support/raw-backend.ts';
import { closedPort, requestText, Scene, siteOf } from '../support/scene.ts';

/** What gRPC means to the pipeline, shown over HTTP/1.1: trailers are the same in all versions. */

const scene = new Scene();

const silent: RawAnswer = () => {};

function call(fields: string = '', type: string = 'application/grpc'): string {
  return requestText('POST', 'hello', `Content-Type: ${type}\r\nTE: trailers\r\n${fields}`);
}

/** With the status in trailers. */
const ends =
  (status: number): RawAnswer =>
  (socket) =>
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\ngrpc-status: ${status}\r\n\r\n`,
    );

/** "Trailers-Only". */
const says =
  (status: number): RawAnswer =>
  (socket) =>
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: application/grpc\r\ngrpc-status: ${status}\r\nContent-Length: 0\r\n\r\n`,
    );

describe('an answer of the gateway to a gRPC call', () => {
  it('is a head with a status, whatever the failure', async () => {
    const gateway = await scene.start(siteOf([]), { exposeReason: true });
    const text = await gateway.exchange(call());
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toContain('content-type: application/grpc\r\n');
    expect(text).toContain('grpc-status: 14\r\n');
    expect(text).toContain('grpc-message: No endpoint is ready.\r\n');
    expect(text).toContain('x-fairlead-reason: no_endpoints\r\n');
    expect(text).toMatch(/content-length: 0\r\n[\s\S]*\r\n\r\n$/);
    expect(await gateway.record()).toMatchObject({ status: 200, grpcStatus: 14, reason: 'no_endpoints' });
  });

  it.each([
    ['no rule matches', { path: '/other' }, 12],
    ['no backend is valid', { backends: [{ backend: null }] }, 14],
    ['the rule can only fail', { failure: { status: 500, reason: 'no_backends' } }, 14],
    ['a filter can not be run', { failure: { status: 500, reason: 'filter_unsupported' } }, 2],
    ['the time of the rule is up', { timeouts: { requestMs: 50, backendRequestMs: 0 } }, 4],
    ['the time of a try is up', { timeouts: { requestMs: 0, backendRequestMs: 50 } }, 4],
  ])('when %s', async (_, rule, status) => {
    const b = await scene.backend(silent);
    const gateway = await scene.start(siteOf([b.port], rule));
    expect(await gateway.exchange(call())).toMatch(new RegExp(`^HTTP/1\\.1 200 [\\s\\S]*grpc-status: ${status}\r\n`));
  });

  it('when the endpoint can not be reached', async () => {
    const gateway = await scene.start(siteOf([await closedPort()]));
    expect(await gateway.exchange(call())).toContain('grpc-status: 14\r\n');
    expect(await gateway.record()).toMatchObject({ reason: 'connect_refused', grpcStatus: 14 });
  });

  it.each(['application/grpc-web', 'application/grpc-web-text+proto', 'application/json'])(
    'is of HTTP for %s',
    async (type) => {
      const gateway = await scene.start(siteOf([]));
      const text = await gateway.exchange(call('', type));
      expect(text).toMatch(/^HTTP\/1\.1 503 /);
      expect(text).not.toContain('grpc-status');
      expect(await gateway.record()).toMatchObject({ status: 503, grpcStatus: -1 });
    },
  );

  it.each(['application/grpc+proto', 'application/grpc; charset=utf-8'])('is of gRPC for %s', async (type) => {
    const gateway = await scene.start(siteOf([]));
    expect(await gateway.exchange(call('', type))).toContain('grpc-status: 14\r\n');
  });

  it('breaks a begun answer off over HTTP/1.1, where an end would look whole', async () => {
    const b = await scene.backend((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'),
    );
    const gateway = await scene.start(siteOf([b.port], { timeouts: { requestMs: 100, backendRequestMs: 0 } }));
    expect(await gateway.exchange(call())).not.toContain('0\r\n\r\n');
    expect(await gateway.record()).toMatchObject({ status: 200, grpcStatus: 4, reason: 'request_timeout' });
  });
});

describe('grpc-timeout', () => {
  it('ends the call, speaks against nobody, and reaches the endpoint as it was', async () => {
    const b = await scene.backend(silent);
    const other = await scene.backend(silent);
    const gateway = await scene.start(siteOf([b.port, other.port]));
    const startedMs = performance.now();
    for (let i = 0; i < 8; i++)
      expect(await gateway.exchange(call('grpc-timeout: 30m\r\n'))).toContain('grpc-status: 4\r\n');
    expect(performance.now() - startedMs).toBeGreaterThan(8 * 29);
    expect(b.received).toContain('grpc-timeout: 30m\r\n');
    expect(await gateway.record()).toMatchObject({ reason: 'grpc_timeout', grpcStatus: 4 });
    for (const row of [0, 1]) expect(gateway.stats.isOut(row)).toBe(false);
  });

  it('does not stretch the time of the rule', async () => {
    const b = await scene.backend(silent);
    const gateway = await scene.start(siteOf([b.port], { timeouts: { requestMs: 50, backendRequestMs: 0 } }));
    expect(await gateway.exchange(call('grpc-timeout: 1M\r\n'))).toContain('grpc-status: 4\r\n');
    expect(await gateway.record()).toMatchObject({ reason: 'request_timeout' });
  });

  it('of nonsense is left to the endpoint', async () => {
    const b = await scene.backend(ends(0));
    const gateway = await scene.start(siteOf([b.port]));
    expect(await gateway.exchange(call('grpc-timeout: soon\r\n'))).toContain('grpc-status: 0\r\n');
    expect(b.received).toContain('grpc-timeout: soon\r\n');
  });
});

describe('the status of an endpoint', () => {
  it('is logged, from head or trailers', async () => {
    let answer = ends(0);
    const b = await scene.backend((...args) => answer(...args));
    const gateway = await scene.start(siteOf([b.port]));
    const seen: number[] = [];
    for (const next of [ends(0), ends(5), says(7), says(16)]) {
      answer = next;
      await gateway.exchange(call());
      seen.push((await gateway.record(seen.length + 1)).grpcStatus);
    }
    expect(seen).toEqual([0, 5, 7, 16]);
  });

  it('is UNKNOWN when it gives none, and what clients make of its HTTP status otherwise', async () => {
    let head = '200 OK';
    const b = await scene.backend((socket) => socket.write(`HTTP/1.1 ${head}\r\nContent-Length: 0\r\n\r\n`));
    const gateway = await scene.start(siteOf([b.port]));
    const seen: number[] = [];
    for (head of ['200 OK', '404 Not Found', '503 Unavailable']) {
      expect(await gateway.exchange(call())).toContain(`HTTP/1.1 ${head.slice(0, 3)}`);
      seen.push((await gateway.record(seen.length + 1)).grpcStatus);
    }
    expect(seen).toEqual([2, 12, 14]);
  });

  it.each([
    ['UNAVAILABLE in trailers only', says(14), true],
    ['RESOURCE_EXHAUSTED in trailers only', says(8), true],
    ['INTERNAL in trailers only', says(13), true],
    ['NOT_FOUND', says(5), false],
    ['UNIMPLEMENTED', says(12), false],
    ['CANCELLED', says(1), false],
    ['OK', ends(0), false],
  ])('%s speaks against it: %s', async (_, answer, out) => {
    const b = await scene.backend(answer);
    const other = await scene.backend(answer);
    const gateway = await scene.start(siteOf([b.port, other.port]));
    for (let i = 0; i < 12; i++) await gateway.exchange(call());
    expect([0, 1].some((row) => gateway.stats.isOut(row))).toBe(out);
  });

  it('speaks against it in trailers too: the good heads before them end no row of failures', async () => {
    // Both: one that fails alone is avoided, and how many calls it gets is chance.
    const [b, other] = [await scene.backend(ends(14)), await scene.backend(ends(14))];
    const gateway = await scene.start(siteOf([b.port, other.port]));
    for (let i = 0; i < 12; i++) await gateway.exchange(call());
    expect([0, 1].some((row) => gateway.stats.isOut(row))).toBe(true);
  });

  it('DEADLINE_EXCEEDED speaks against it only where the client set no deadline', async () => {
    const b = await scene.backend(says(4));
    const other = await scene.backend(says(4));
    const gateway = await scene.start(siteOf([b.port, other.port]));
    for (let i = 0; i < 12; i++) await gateway.exchange(call('grpc-timeout: 1M\r\n'));
    expect([0, 1].some((row) => gateway.stats.isOut(row))).toBe(false);
    for (let i = 0; i < 12; i++) await gateway.exchange(call());
    expect([0, 1].some((row) => gateway.stats.isOut(row))).toBe(true);
  });

  it('is retried where the rule asks for the HTTP status that says the same', async () => {
    const b = await scene.backend((socket, text, connection) =>
      (connection.index < 2 ? says(14) : ends(0))(socket, text, connection),
    );
    const retry = { attempts: 3, backoffMs: 0, codes: [503] };
    const gateway = await scene.start(siteOf([b.port], { retry }));
    expect(await gateway.exchange(call())).toContain('grpc-status: 0\r\n');
    expect(await gateway.record()).toMatchObject({ tries: 3, grpcStatus: 0 });
  });

  it('is never retried by default', async () => {
    const b = await scene.backend(says(14));
    const other = await scene.backend(says(14));
    const gateway = await scene.start(siteOf([b.port, other.port]));
    expect(await gateway.exchange(call())).toContain('grpc-status: 14\r\n');
    expect(b.requests + other.requests).toBe(1);
  });
});

describe('an endpoint that does not answer', () => {
  const start = async (fields: string) => {
    const quiet = await scene.backend(silent);
    const busy = await scene.backend(ends(0));
    const gateway = await scene.start(siteOf([quiet.port]));
    const send = async () => (await gateway.connect()).send(call(fields));
    for (let i = 0; i < 4; i++) await send();
    await until(
      () => quiet.requests === 4,
      () => 'four calls',
    );
    gateway.apply(siteOf([quiet.port, busy.port]));
    for (let i = 0; i < 30 && !gateway.stats.isOut(0); i++) {
      await send();
      await pause(20);
    }
    expect(busy.requests).toBeGreaterThan(0);
    return gateway.stats.isOut(0);
  };

  it('is hung when calls have a deadline', async () => {
    expect(await start('grpc-timeout: 1M\r\n')).toBe(true);
  });

  it('may have nothing to say in streams, which have none', async () => {
    expect(await start('')).toBe(false);
  });
});

it('a client that leaves is told nothing, and the call counts as cancelled', async () => {
  const b = await scene.backend(silent);
  const gateway = await scene.start(siteOf([b.port]));
  const client = await gateway.connect();
  client.send(call());
  await b.receives('hello');
  client.close();
  expect(await gateway.record()).toMatchObject({ reason: 'client_gone', grpcStatus: 1 });
});
