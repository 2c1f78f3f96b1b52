import { describe, expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import { requestText, Scene } from '../support/scene.ts';
import { Http2Endpoint, h2c, type OnStream, readBody } from './http2-server.ts';

const scene = new Scene();

const says =
  (body: string, fields: Record<string, string> = {}): OnStream =>
  (stream) => {
    stream.respond({ ':status': 200, ...fields });
    stream.end(body);
  };

describe('a client of HTTP/1.1 and an endpoint of HTTP/2', () => {
  it('exchange heads, as each protocol writes them', async () => {
    let seen: Record<string, unknown> = {};
    const endpoint = await Http2Endpoint.start(scene, (stream, headers) => {
      seen = headers;
      stream.respond({ ':status': 201, 'x-a': ['1', '2'], 'set-cookie': ['a=b', 'c=d'] });
      stream.end('hello');
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const text = await gateway.exchange(
      'GET /p?q=1 HTTP/1.1\r\nHost: a.test:81\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-B: c\r\nCookie: x=y; z=1\r\nTE: trailers\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    expect(text).toMatch(/\r\nx-a: 1\r\nx-a: 2\r\n/);
    expect(text).toMatch(/\r\nset-cookie: a=b\r\nset-cookie: c=d\r\n/);
    expect(text).toMatch(/hello/);
    expect(seen).toMatchObject({
      ':method': 'GET',
      ':path': '/p?q=1',
      ':scheme': 'http',
      ':authority': 'a.test:81',
      'x-b': 'c',
      cookie: 'x=y; z=1',
      te: 'trailers',
      'x-forwarded-for': '127.0.0.1',
    });
    expect(seen).not.toHaveProperty('x-hop');
    expect(seen).not.toHaveProperty('connection');
    expect(await gateway.record()).toMatchObject({ status: 201, responseBytes: 5, reason: '' });
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('%s with %d has no body', async (method, status) => {
    const endpoint = await Http2Endpoint.start(scene, (stream) => {
      stream.respond({ ':status': status, ...(status !== 204 && { 'content-length': '5' }) }, { endStream: true });
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const text = await gateway.exchange(requestText(method));
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\\r\\n\\r\\n$`));
    if (status !== 204) expect(text).toMatch(/content-length: 5/);
  });

  it.each([
    ['with a length', 'Content-Length: 5\r\n\r\nhello', '5'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n', undefined],
    ['of no octets', 'Content-Length: 0\r\n\r\n', '0'],
  ])('bodies %s go both ways', async (_what, framed, length) => {
    let declared: string | undefined = 'none';
    const endpoint = await Http2Endpoint.start(scene, async (stream, headers) => {
      declared = headers['content-length'];
      const body = await readBody(stream);
      stream.respond({ ':status': 200 });
      stream.end(`got ${body}`);
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const text = await gateway.exchange(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${framed}`);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toContain(length === '0' ? 'got ' : 'got hello');
    expect(declared).toBe(length);
  });

  it('trailers go both ways', async () => {
    let trailers: unknown = null;
    const endpoint = await Http2Endpoint.start(scene, async (stream) => {
      stream.on('trailers', (fields: unknown) => {
        trailers = fields;
      });
      await readBody(stream);
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-t': 'down' }));
      stream.end('body');
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const text = await gateway.exchange(
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close, TE\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: up\r\n\r\n',
    );
    expect(text).toMatch(/0\r\ngrpc-status: 0\r\nx-t: down\r\n\r\n$/);
    expect(trailers).toMatchObject({ 'x-t': 'up' });
  });

  it('interim responses are relayed, a 100 only where it was asked for', async () => {
    const endpoint = await Http2Endpoint.start(scene, (stream) => {
      stream.additionalHeaders({ ':status': 100 });
      stream.additionalHeaders({ ':status': 103, link: '</a>' });
      says('ok')(stream, {});
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const text = await gateway.exchange(requestText());
    expect(text).toMatch(/^HTTP\/1\.1 103 [^\r]*\r\nlink: <\/a>\r\n\r\nHTTP\/1\.1 200 /);
    const asked = await gateway.exchange(requestText('POST', 'hello', 'Expect: 100-continue\r\n'));
    expect(asked).toMatch(/^HTTP\/1\.1 100 /);
  });

  it('talk both ways at once', async () => {
    const endpoint = await Http2Endpoint.start(scene, (stream) => {
      stream.respond({ ':status': 200 });
      stream.on('data', (bytes: Buffer) => stream.write(`<${bytes.latin1Slice()}>`));
      stream.on('end', () => stream.end('bye'));
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const client = await gateway.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n');
    await client.receives('200 OK');
    for (const word of ['one', 'two', 'three']) {
      client.send(`${word.length.toString(16)}\r\n${word}\r\n`);
      await client.receives(`<${word}>`);
    }
    client.send('0\r\n\r\n');
    await client.receives('bye');
    await client.endsCleanly();
    expect(await gateway.record()).toMatchObject({ status: 200, reason: '', requestBytes: 11 });
  });

  it('share one connection for what comes at a time', async () => {
    const endpoint = await Http2Endpoint.start(scene, says('ok'));
    const gateway = await scene.start(h2c([endpoint.port]));
    const texts = await Promise.all(Array.from({ length: 50 }, () => gateway.exchange(requestText())));
    expect(texts.every((text) => text.startsWith('HTTP/1.1 200 OK'))).toBe(true);
    expect(endpoint.sessions.length).toBe(1);
    expect(gateway.counter('upstreamHttp2ConnectionsOpen')).toBe(1);
  });
});

describe('bodies of 32 MiB', () => {
  const bodyBytes = 32 * 1024 * 1024;
  const boundBytes = 16 * 1024 * 1024;

  it('go up as fast as the endpoint takes them, no faster', async () => {
    let reading: (() => void) | null = null;
    let received = 0;
    const endpoint = await Http2Endpoint.start(scene, (stream) => {
      stream.pause();
      reading = () => {
        stream.on('data', (bytes: Buffer) => {
          received += bytes.length;
        });
        stream.on('end', () => says('done')(stream, {}));
        stream.resume();
      };
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const client = await gateway.connect();
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${bodyBytes}\r\n\r\n`);
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let sent = 0; sent < bodyBytes; sent += chunk.length) client.socket.write(chunk);
    const seen = await settled(() => gateway.dataPlane.pipeline.open.first?.requestBytes ?? 0);
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(boundBytes);
    reading!();
    await client.receives('done');
    expect(received).toBe(bodyBytes);
  });

  it('come down as fast as the client takes them, no faster, and hold up nobody else', async () => {
    const endpoint = await Http2Endpoint.start(
      scene,
      (stream, headers) => {
        stream.respond({ ':status': 200 });
        stream.end(headers[':path'] === '/small' ? 'small' : Buffer.alloc(bodyBytes, 'x'));
      },
      { maxSessionMemory: 100 },
    );
    const gateway = await scene.start(h2c([endpoint.port]));
    const client = await gateway.connect();
    client.socket.pause();
    client.send(requestText());
    const seen = await settled(() => gateway.dataPlane.pipeline.open.first?.responseBytes ?? 0);
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(boundBytes);
    expect(await gateway.exchange(requestText().replace('GET /', 'GET /small'))).toMatch(/small/);
    expect(endpoint.sessions.length).toBe(1);
    let received = 0;
    client.socket.on('data', (bytes: Buffer) => {
      received += bytes.length;
    });
    client.socket.resume();
    await until(
      () => received > bodyBytes,
      () => `${received} octets`,
    );
  });
});

describe('an abort', () => {
  it('of the client resets its stream and no other', async () => {
    const codes: number[] = [];
    const endpoint = await Http2Endpoint.start(scene, (stream) => {
      stream.on('close', () => codes.push(stream.rstCode));
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const [first, second] = [await gateway.connect(), await gateway.connect()];
    first!.send(requestText());
    second!.send(requestText());
    await until(
      () => endpoint.streams === 2,
      () => 'two streams',
    );
    first!.socket.resetAndDestroy();
    await until(
      () => codes.length === 1,
      () => 'a reset',
    );
    await pause(20);
    expect(codes).toEqual([8]);
    expect(endpoint.sessions[0]!.destroyed).toBe(false);
  });

  it('of the endpoint within its body breaks the client off', async () => {
    const endpoint = await Http2Endpoint.start(scene, (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half');
      setTimeout(() => endpoint.sessions[0]!.destroy(), 20);
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const client = await gateway.connect();
    client.send(requestText());
    await client.receives('half');
    await until(
      () => client.closed || client.ended,
      () => 'the end',
    );
    expect(client.text).not.toMatch(/0\r\n\r\n$/);
    expect((await gateway.record()).reason).toMatch(/^(reset|closed_early)$/);
  });

  it('of the endpoint before it has read the request ends that request', async () => {
    const endpoint = await Http2Endpoint.start(scene, (stream) => {
      stream.respond({ ':status': 413 });
      stream.end('too much');
    });
    const gateway = await scene.start(h2c([endpoint.port]));
    const client = await gateway.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin');
    await client.receives('too much');
    expect(await gateway.exchange(requestText())).toMatch(/too much/);
    expect(endpoint.sessions.length).toBe(1);
  });
});

async function settled(read: () => number): Promise<number> {
  let before = -1;
  for (let now = read(); now === 0 || now !== before; now = read()) {
    before = now;
    await pause(100);
  }
  return before;
}
