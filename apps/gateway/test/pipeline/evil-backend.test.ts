import { describe, expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import { ok, type RawAnswer } from '../support/raw-backend.ts';
import { requestText, Scene, siteOf } from '../support/scene.ts';

const scene = new Scene();

const noRetry = { upstream: { retryAttempts: 0 }, exposeReason: true };
const head = 'HTTP/1.1 200 OK\r\n';

describe('an endpoint that breaks the protocol before its head is whole', () => {
  it.each<[string, string]>([
    ['garbage', 'garbage\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['two different lengths', `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ['a length that is no number', `${head}Content-Length: 1x\r\n\r\na`],
    ['a length and chunks', `${head}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`],
    ['an unknown transfer coding', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ['a folded field', `${head}X-A: 1\r\n 2\r\nContent-Length: 0\r\n\r\n`],
    ['NUL in a value', `${head}X-A: a\0b\r\nContent-Length: 0\r\n\r\n`],
    ['no space before the colon allowed', `${head}X-A : 1\r\nContent-Length: 0\r\n\r\n`],
    ['a bad status', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['an upgrade nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['huge fields', `${head}X-A: ${'a'.repeat(80_000)}\r\n\r\n`],
    ['a great many fields', `${head}${'X-A: 1\r\n'.repeat(400)}\r\n`],
  ])('%s: 502', async (_what, answer) => {
    const b = await scene.backend((socket) => socket.write(answer, 'latin1'));
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 502 [\s\S]*reason: bad_response/i);
    await until(
      () => b.sockets[0]!.readableEnded,
      () => 'the end of the connection',
    );
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['only an interim response', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ])('closes after %s: 503', async (_what, answer) => {
    const b = await scene.backend((socket) => socket.end(answer));
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    const text = await gateway.exchange(requestText());
    expect(text).toMatch(/(^|\r\n\r\n)HTTP\/1\.1 503 [\s\S]*reason: closed_early/i);
  });

  it('floods with interim responses: the client gets at most eight', async () => {
    const b = await scene.backend((socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50) + ok));
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    const text = await gateway.exchange(requestText());
    expect(text.match(/HTTP\/1\.1 103 /g)!.length).toBeLessThanOrEqual(8);
  });
});

describe('an endpoint that breaks the protocol within its body', () => {
  it.each<[string, string, string]>([
    ['truncates by length', `${head}Content-Length: 10\r\n\r\nhalf`, 'closed_early'],
    ['truncates a chunk', `${head}Transfer-Encoding: chunked\r\n\r\na\r\nhalf`, 'closed_early'],
    ['leaves out the last chunk', `${head}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n`, 'closed_early'],
    ['sends a bad chunk size', `${head}Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n`, 'bad_response'],
    ['ends a chunk wrongly', `${head}Transfer-Encoding: chunked\r\n\r\n4\r\nhalfX\r\n0\r\n\r\n`, 'bad_response'],
  ])('%s: never a clean end', async (_what, answer, reason) => {
    const b = await scene.backend((socket) => {
      socket.write(answer);
      setTimeout(() => socket.end(), 20);
    });
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    const client = await gateway.connect();
    client.send(requestText());
    await until(
      () => client.closed,
      () => 'the connection to be cut',
    );
    expect(client.text).not.toMatch(/0\r\n\r\n$/);
    expect(await gateway.record()).toMatchObject({ status: 200, reason });
  });

  it('resets', async () => {
    const b = await scene.backend((socket) => {
      socket.write(`${head}Content-Length: 10\r\n\r\nhalf`);
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    await gateway.exchange(requestText());
    expect((await gateway.record()).reason).toMatch(/reset|closed_early/);
  });
});

describe('octets that nobody asked for', () => {
  it('between two requests end the connection, and are nobody’s answer', async () => {
    const b = await scene.backend((socket, _request, { index }) => {
      socket.write(ok);
      if (index === 0) setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'), 10);
    });
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    expect(await gateway.exchange(requestText())).toMatch(/ok$/);
    await until(
      () => b.sockets[0]!.readableEnded,
      () => 'the end of the connection',
    );
    expect(await gateway.exchange(requestText())).toMatch(/ok$/);
    expect(b.connections.length).toBe(2);
  });

  it.each<[string, string]>([
    ['behind a response', `${ok}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`],
    ['as a body of HEAD', `${head}Content-Length: 6\r\n\r\npoison`],
    ['as a body of 204', 'HTTP/1.1 204 No Content\r\n\r\npoison'],
  ])('%s end the connection', async (what, answer) => {
    const b = await scene.backend((socket, _request, { index }) => socket.write(index === 0 ? answer : ok));
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    const text = await gateway.exchange(requestText(what.endsWith('HEAD') ? 'HEAD' : 'GET'));
    expect(text).not.toMatch(/poison/);
    expect(await gateway.exchange(requestText())).toMatch(/ok$/);
    expect(b.connections.length).toBe(2);
  });
});

describe('an endpoint that behaves oddly but not wrongly', () => {
  it('answers octet by octet', async () => {
    const answer = `${head}Transfer-Encoding: chunked\r\nX-A: 1\r\n\r\n3\r\nabc\r\n0\r\nX-T: 2\r\n\r\n`;
    const slowly: RawAnswer = async (socket) => {
      for (const octet of answer) {
        socket.write(octet);
        await pause(0);
      }
    };
    const b = await scene.backend(slowly);
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    const text = await gateway.exchange(requestText());
    expect(text).toMatch(/x-a: 1/i);
    expect(text).toMatch(/\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\nx-t: 2\r\n\r\n$/i);
  });

  it('ends its body by closing', async () => {
    const b = await scene.backend((socket) => socket.end('HTTP/1.0 200 OK\r\n\r\nall of it'));
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    const text = await gateway.exchange(requestText());
    expect(text).toMatch(/all of it\r\n0\r\n\r\n$/);
    expect(await gateway.record()).toMatchObject({ reason: '', responseBytes: 9 });
  });

  it('answers before the request is whole, and is not used again', async () => {
    const b = await scene.backend((socket) => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig'));
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    const client = await gateway.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome');
    await client.receives('big');
    await until(
      () => b.sockets[0]!.readableEnded,
      () => 'the end of the connection to the endpoint',
    );
    expect(client.text).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close/i);
  });

  it('says that it closes: not used again', async () => {
    const b = await scene.backend((socket) => socket.write(`${head}Connection: close\r\nContent-Length: 2\r\n\r\nok`));
    const gateway = await scene.start(siteOf([b.port]), noRetry);
    await gateway.exchange(requestText());
    await gateway.exchange(requestText());
    expect(b.connections.length).toBe(2);
  });
});
