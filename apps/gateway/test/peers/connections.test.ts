import { Agent, request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pause, RawClient, until } from '../downstream/raw-client.ts';
import { freePort, GatewayUnderTest } from '../process/gateway-under-test.ts';
import { gatewayObjects, httpListener, serviceObjects } from '../process/manifests.ts';
import { ok, RawBackend } from '../support/raw-backend.ts';
import { httpRoute, rule } from './objects.ts';
import { exchange, get } from './requests.ts';

type Answer = (socket: Socket) => void;

let answer: Answer;
let backend: RawBackend;
let gateway: GatewayUnderTest;
let port: number;

beforeAll(async () => {
  port = await freePort();
  backend = await RawBackend.start((socket) => answer(socket));
  gateway = await GatewayUnderTest.start({
    files: {
      'gateway.yaml': gatewayObjects([httpListener(port)]),
      'services.yaml': serviceObjects('a', [backend.port]),
      'routes.yaml': [httpRoute('r', { rules: [rule('/', 'a')] })],
    },
    flags: ['--workers', '1'],
  });
});

afterAll(async () => {
  await gateway.cleanUp();
  backend.stop();
});

beforeEach(() => {
  answer = (socket) => socket.write(ok);
});

const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('a backend that closes idle connections whenever it likes', () => {
  it.each([
    ['at once', 0],
    ['a moment later', 1],
    ['some moments later', 3],
  ])('%s costs no request', async (_when, afterMs) => {
    answer = (socket) => {
      socket.write(ok);
      setTimeout(() => socket.end(), afterMs);
    };
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const statuses = await Promise.all(Array.from({ length: 4 }, () => askAgain(agent, 60)));
    agent.destroy();
    expect(new Set(statuses.flat())).toEqual(new Set([200]));
  });

  it('by a reset costs no request', async () => {
    answer = (socket) => {
      socket.write(ok, () => setTimeout(() => socket.resetAndDestroy(), 1));
    };
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const statuses = await Promise.all(Array.from({ length: 4 }, () => askAgain(agent, 60)));
    agent.destroy();
    expect(new Set(statuses.flat())).toEqual(new Set([200]));
  });

  async function askAgain(agent: Agent, times: number): Promise<readonly number[]> {
    const statuses: number[] = [];
    for (let i = 0; i < times; i++) {
      statuses.push(
        await new Promise<number>((resolve) => {
          const asked = httpRequest({ port, host: '127.0.0.1', agent }, (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode!));
          });
          asked.on('error', () => resolve(0));
          asked.end();
        }),
      );
      await pause(i % 4);
    }
    return statuses;
  }
});

describe('a client that closes its direction', () => {
  it('after a request still gets its answer', async () => {
    answer = (socket) => setTimeout(() => socket.write(ok), 30);
    const client = await RawClient.open(port);
    client.socket.end(request);
    await client.endsCleanly();
    expect(client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/);
    client.close();
  });

  it('after several gets all answers', async () => {
    const client = await RawClient.open(port);
    client.socket.end(request.repeat(5));
    await client.endsCleanly();
    expect(client.text.match(/HTTP\/1\.1 200/g)).toHaveLength(5);
    client.close();
  });

  it('within a request gets nothing, and neither does the endpoint', async () => {
    const before = backend.requests;
    const client = await RawClient.open(port);
    client.socket.end('GET / HTTP/1.1\r\nHost: a\r\n');
    await client.endsCleanly();
    expect(client.text).toBe('');
    expect(backend.requests).toBe(before);
    client.close();
  });

  it('within a body ends the request at the endpoint without completing it', async () => {
    let closed = false;
    answer = (socket) =>
      socket.once('close', () => {
        closed = true;
      });
    const client = await RawClient.open(port);
    client.socket.end('POST /cut HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    await until(
      () => closed,
      () => 'close at the endpoint',
    );
    expect(backend.connections.at(-1)!.received).not.toContain('\r\n0\r\n\r\n');
    client.close();
  });
});

describe('an answer', () => {
  it('that ends with its connection becomes one with an end', async () => {
    answer = (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end');
    const { headers, body } = await get(port, '/');
    expect(headers.get('transfer-encoding')).toBe('chunked');
    expect(body).toBe('d\r\nuntil the end\r\n0\r\n\r\n');
    expect((await exchange(port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')).body).toBe('until the end');
  });

  it.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'],
    ['in chunks', `${chunkedHead}4\r\npart\r\n`],
    ['within a chunk', `${chunkedHead}64\r\npart`],
    ['with the last chunk cut off', `${chunkedHead}4\r\npart\r\n0\r\n`],
    ['with bad chunks', `${chunkedHead}4\r\npart\r\nx\r\n`],
  ])('that is cut short %s is seen to be', async (_how, octets) => {
    answer = (socket) => socket.end(octets);
    for (const version of ['1.1', '1.0']) {
      const client = await RawClient.open(port);
      client.send(`GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
      // A plain close would be the end of a body for HTTP/1.0.
      await client.isReset();
      expect(client.text).not.toContain('\r\n0\r\n\r\n');
    }
  });

  it('that ends by a reset is cut short, where its end is that of the connection', async () => {
    answer = (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\npart', () => setTimeout(() => socket.resetAndDestroy(), 20));
    };
    const client = await RawClient.open(port);
    client.send(request);
    await client.isReset();
    expect(client.text).not.toContain('\r\n0\r\n\r\n');
  });

  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n', '100'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', undefined],
    ['HEAD', 'HTTP/1.1 200 OK\r\n\r\n', undefined],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\nETag: "x"\r\n\r\n', '100'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\n\r\n', undefined],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', undefined],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', '0'],
  ])('to %s without a body leaves the connection usable: %j', async (method, octets, length) => {
    answer = (socket) => socket.write(octets);
    const client = await RawClient.open(port);
    client.send(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.receives('\r\n\r\n');
    const first = client.text;
    answer = (socket) => socket.write(ok);
    client.send(request);
    await client.receives('\r\n\r\nok');
    expect(/\r\ncontent-length: (\d+)\r\n/i.exec(first)?.[1]).toBe(length);
    expect(client.text.slice(first.length)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    client.close();
  });

  it('that comes in single octets is the same', async () => {
    answer = async (socket) => {
      const octets = `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${chunkedHead}2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n`;
      for (const octet of octets) {
        socket.write(octet);
        await new Promise(setImmediate);
      }
    };
    const { text } = await get(port, '/', ['TE: trailers']);
    expect(text).toMatch(/^HTTP\/1\.1 103 [\s\S]*HTTP\/1\.1 200 OK\r\n/);
    expect(text.replaceAll('1\r\no\r\n1\r\nk\r\n', '2\r\nok\r\n').toLowerCase()).toMatch(
      /2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n$/,
    );
  });

  it('before the request has ended is relayed, and the rest is not sent on', async () => {
    answer = (socket) => socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!');
    const client = await RawClient.open(port);
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nfirst part');
    await client.receives('no!');
    await client.endsCleanly();
    expect(client.text).toMatch(/\r\nconnection: close\r\n/i);
    const { received } = backend.connections.at(-1)!;
    client.send('second part');
    await pause(30);
    expect(backend.connections.at(-1)!.received).toBe(received);
    client.close();
  });

  it('streams while its request still does', async () => {
    answer = (socket) => {
      // The end of the body looks like another head.
      answer = () => {};
      socket.write(`${chunkedHead}4\r\npart\r\n`);
      const watch = setInterval(() => {
        if (!backend.received.includes('the end')) return;
        clearInterval(watch);
        socket.write('3\r\nend\r\n0\r\n\r\n');
      }, 2);
    };
    const client = await RawClient.open(port);
    client.send('POST /both HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nstart\r\n');
    await client.receives('part');
    client.send('7\r\nthe end\r\n0\r\n\r\n');
    await client.receives('3\r\nend\r\n0\r\n\r\n');
    client.close();
  });
});
