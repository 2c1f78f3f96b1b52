/** Against node's own HTTP/2 (nghttp2), as a client and as a server. */
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createServer,
  type ServerHttp2Stream,
} from 'node:http2';
import { type Field, RequestHead, type RequestReceiver, ResponseHead } from '@fairlead/message';
import { afterEach, describe, expect, it } from 'vitest';
import { ClientSession, type ClientSink, ServerSession, type ServerSink, ServerStream } from '../../src/index.ts';
import { RecordedResponse } from './client-fixture.ts';
import { Random } from './random.ts';
import { SessionSocket } from './session-socket.ts';
import { settings } from './settings.ts';

const noise = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * 131 + (i >>> 7)) & 255));

const quietSinks: Omit<ServerSink, 'onRequest'> & ClientSink = {
  createStream: (session, id) => new ServerStream(session, id),
  onRequestRefused: ({ code }) => {
    throw new Error(code);
  },
  onSessionError: (reason) => {
    throw new Error(reason);
  },
  onStreamsChanged: () => {},
  onPeerGoaway: () => {},
  onPingAck: () => {},
  onReady: () => {},
  onCapacity: () => {},
  onGoaway: () => {},
  onIdle: () => {},
};

/** Sends back what comes, as it comes. */
class Echo implements RequestReceiver {
  readonly #stream: ServerStream;

  constructor(head: RequestHead, end: boolean, stream: ServerStream) {
    this.#stream = stream;
    const answer = new ResponseHead(head.upgrade === '' ? 200 : 101, head.fields);
    answer.contentLength = head.contentLength;
    stream.sendHead(answer, end && head.upgrade === '');
  }

  onRequestData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    return this.#stream.sendData(bytes, start, end, last);
  }

  onRequestTrailers(fields: readonly Field[]): void {
    this.#stream.sendTrailers(fields);
  }

  onRequestAbort(): void {}

  onResponseDrained(): void {
    this.#stream.resumeRequest();
  }
}

const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.destroy();
});

function nodeClient(pieceBytes: number): { client: ClientHttp2Session; session: ServerSession } {
  const socket = new SessionSocket(pieceBytes);
  const onRequest: ServerSink['onRequest'] = (head, end, stream) => new Echo(head, end, stream);
  const session = new ServerSession(settings, socket.output, { ...quietSinks, onRequest });
  socket.session = session;
  session.start();
  const client = connect('http://a.example', { createConnection: () => socket });
  open.push(client);
  return { client, session };
}

function nodeServer(pieceBytes: number, onStream: (stream: ServerHttp2Stream) => void): ClientSession {
  const socket = new SessionSocket(pieceBytes);
  const session = new ClientSession(settings, socket.output, quietSinks);
  socket.session = session;
  const server = createServer({ settings: { enableConnectProtocol: true, initialWindowSize: 70_000 } });
  server.on('stream', onStream);
  server.emit('connection', socket);
  session.start();
  open.push(socket);
  return session;
}

async function bodyOf(stream: ClientHttp2Stream): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Ends of many exchanges: an event loop's turn at a time. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}

describe.each([100_000, 1_000, 7])('in pieces of %d octets', (pieceBytes) => {
  const count = pieceBytes === 7 ? 10 : 60;

  it("serves node's client", async () => {
    const random = new Random(pieceBytes);
    const { client, session } = nodeClient(pieceBytes);
    const results = Array.from({ length: count }, async (_, i) => {
      const size = random.below(random.pick([10, 5_000, 200_000]));
      const stream = client.request(
        { ':method': 'POST', ':path': `/${i}`, 'x-number': `${i}` },
        { waitForTrailers: true },
      );
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': `${size}` }));
      const trailers = once(stream, 'trailers');
      const head = once(stream, 'response');
      stream.end(noise.subarray(i, i + size));
      expect((await bodyOf(stream)).equals(noise.subarray(i, i + size))).toBe(true);
      expect((await head)[0]['x-number']).toBe(`${i}`);
      expect((await trailers)[0]['x-sum']).toBe(`${size}`);
    });
    await Promise.all(results);
    expect(session.openStreams).toBe(0);
    expect(session.outbound.queuedBytes).toBe(0);
  });

  it("asks node's server", async () => {
    const random = new Random(pieceBytes + 1);
    const session = nodeServer(pieceBytes, (stream) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'all' }));
      stream.pipe(stream);
    });
    const sizes = Array.from({ length: count }, () => 1 + random.below(random.pick([10, 5_000, 200_000])));
    const responses = sizes.map((size, i) => {
      const response = new RecordedResponse();
      const head = new RequestHead('POST', 'http', 'a.example', `/${i}`, []);
      head.contentLength = size;
      response.stream = session.open(head, false, response);
      response.stream.sendData(noise, i, i + size, true);
      return response;
    });
    await until(() => responses.every(({ complete, failure }) => complete || failure !== null));
    for (const [i, { body, trailers, failure }] of responses.entries()) {
      expect(failure).toBeNull();
      expect(body.equals(noise.subarray(i, i + sizes[i]!))).toBe(true);
      expect(trailers![0]!.value).toBe('all');
    }
    expect(session.openStreams).toBe(0);
  });
});

describe("node's client", () => {
  it('resets, pings and leaves', async () => {
    const { client, session } = nodeClient(100_000);
    const stream = client.request({ ':method': 'POST', ':path': '/' });
    await once(stream, 'response');
    stream.close(8);
    await once(stream, 'close');
    await until(() => session.openStreams === 0);
    await new Promise((resolve) => client.ping(resolve));
    session.goawaySoon();
    const [code, lastId] = await once(client, 'goaway');
    expect([code, lastId]).toEqual([0, 2 ** 31 - 1]);
    session.goaway();
    expect(session.done).toBe(true);
  });

  it('opens a tunnel', async () => {
    const { client, session } = nodeClient(100_000);
    await once(client, 'remoteSettings');
    expect(client.remoteSettings.enableConnectProtocol).toBe(true);
    const tunnel = client.request({ ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat' });
    expect((await once(tunnel, 'response'))[0][':status']).toBe(200);
    tunnel.write('hello');
    expect(`${(await once(tunnel, 'data'))[0]}`).toBe('hello');
    tunnel.end();
    await once(tunnel, 'end');
    await until(() => session.openStreams === 0);
  });
});

describe("node's server", () => {
  it('resets, and gets to know of ours', async () => {
    const codes: number[] = [];
    const session = nodeServer(100_000, (stream) => {
      stream.on('error', () => {});
      stream.on('close', () => codes.push(stream.rstCode));
      if (stream.id === 1) stream.close(2);
      else stream.respond({ ':status': 200 });
    });
    const responses = [1, 3].map(() => {
      const response = new RecordedResponse();
      response.stream = session.open(new RequestHead('POST', 'http', 'a.example', '/', []), false, response);
      return response;
    });
    await until(() => responses[0]!.failure !== null && responses[1]!.head !== null);
    expect(responses[0]!.failure!.code).toBe('reset');
    responses[1]!.stream!.abort('client_gone');
    await until(() => codes.length === 2);
    expect(codes).toEqual([2, 8]);
  });

  it('takes a tunnel', async () => {
    const session = nodeServer(100_000, (stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    await until(() => session.extendedConnect);
    const head = new RequestHead('GET', 'http', 'a.example', '/chat', []);
    head.upgrade = 'websocket';
    const response = new RecordedResponse();
    const stream = session.open(head, true, response);
    await until(() => response.head !== null);
    expect(response.head!.status).toBe(101);
    stream.sendData(Buffer.from('hello'), 0, 5, false);
    await until(() => response.body.length === 5);
    stream.sendData(Buffer.alloc(0), 0, 0, true);
    await until(() => response.complete);
    expect(session.openStreams).toBe(0);
  });
});
