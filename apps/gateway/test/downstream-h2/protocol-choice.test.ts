import { connect as connectHttp2 } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { certificate } from '../downstream/certificates.ts';
import { Fixture, listener } from '../downstream/fixture.ts';
import { openTls, pause, RawClient, until } from '../downstream/raw-client.ts';
import { FrameClient, FrameType, preface, request, settings } from './frame-client.ts';

const get = 'GET /one HTTP/1.1\r\nHost: a\r\n\r\n';

let fixture: Fixture;

afterEach(() => {
  fixture.close();
  expect(fixture.faults).toEqual([]);
});

describe('a plain port', () => {
  async function start(): Promise<void> {
    fixture = await Fixture.plain();
    fixture.handler.script = (exchange) => exchange.answer(`${exchange.stream.protocolVersion} ${exchange.head.path}`);
  }

  it('speaks HTTP/2 with whom begins with the preface, and HTTP/1.1 with everybody else', async () => {
    await start();
    const [first, second] = [await FrameClient.open(fixture.port), await fixture.connect()];
    second.send(get);
    first.send(preface, settings(), request(1, { ':path': '/two' }));
    await second.receives('1.1 /one');
    await first.receives(FrameType.data);
    expect(first.body(1)).toBe('2 /two');
    first.close();
  });

  it('knows the preface however it is cut', async () => {
    await start();
    const octets = Buffer.concat([preface, settings(), request(1)]);
    for (let cut = 1; cut <= preface.length; cut++) {
      const client = await FrameClient.open(fixture.port);
      client.send(octets.subarray(0, cut));
      await pause(3);
      client.send(octets.subarray(cut));
      await client.receives(FrameType.data);
      expect(client.body(1)).toBe('2 /');
      client.close();
    }
  });

  it('knows it octet by octet', async () => {
    await start();
    const client = await FrameClient.open(fixture.port);
    for (const octet of Buffer.concat([preface, settings(), request(1)])) {
      client.send(Buffer.of(octet));
      await new Promise(setImmediate);
    }
    await client.receives(FrameType.data);
    expect(client.body(1)).toBe('2 /');
    client.close();
  });

  it('hands HTTP/1.1 what only began like the preface', async () => {
    await start();
    for (const [begin, end, answer] of [
      ['P', 'OST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n', '1.1 /p'],
      ['PRI * HTTP/2.0\r\n\r', '\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', '505'],
      ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r', 'x', '505'],
    ] as const) {
      const client = await fixture.connect();
      client.send(begin);
      await pause(3);
      client.send(end);
      await client.receives(answer);
    }
  });

  it('answers what stays a part of the preface as a head that is late', async () => {
    await start();
    const client = await fixture.connect();
    client.send('PRI *');
    await until(
      () => fixture.downstream.busyCount === 1,
      () => 'the first octets',
    );
    fixture.advance(9_900);
    expect(client.ended).toBe(false);
    fixture.advance(200);
    await client.receives('HTTP/1.1 408');
    await client.endsCleanly();
    expect(fixture.refused).toEqual(['408 head_timeout']);
  });

  it('closes what says nothing', async () => {
    await start();
    const client = await fixture.connect();
    await until(
      () => fixture.downstream.connectionCount === 1,
      () => 'accept',
    );
    fixture.advance(60_100);
    await client.endsCleanly();
    expect(client.text).toBe('');
    client.close();
    await until(
      () => fixture.downstream.connectionCount === 0,
      () => 'close',
    );
  });

  it('ignores an upgrade to h2c', async () => {
    await start();
    const client = await fixture.connect();
    client.send(
      'GET /h2c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    );
    await client.receives('HTTP/1.1 200');
    expect(client.text).toContain('1.1 /h2c');
  });
});

describe('a port with TLS', () => {
  async function start(): Promise<void> {
    fixture = new Fixture();
    fixture.handler.script = (exchange) =>
      exchange.answer(`${exchange.stream.protocolVersion} ${exchange.head.scheme}`);
    const certificates = [await certificate(['a.example'])];
    await fixture.listen([listener('any', '', { certificates, clientValidation: null })]);
  }

  async function open(ALPNProtocols: string[]): Promise<TLSSocket> {
    return openTls(fixture.port, { servername: 'a.example', ALPNProtocols });
  }

  it('lets ALPN decide, and prefers HTTP/2', async () => {
    await start();
    const sockets = [await open(['http/1.1', 'h2']), await open(['h2']), await open(['http/1.1']), await open([])];
    expect(sockets.map(({ alpnProtocol }) => alpnProtocol)).toEqual(['h2', 'h2', 'http/1.1', false]);
    for (const socket of sockets) socket.destroy();
  });

  it('speaks HTTP/2 with node:http2, and HTTP/1.1 with who asks for nothing', async () => {
    await start();
    const session = connectHttp2(`https://127.0.0.1:${fixture.port}`, { rejectUnauthorized: false });
    const stream = session.request({ ':path': '/' });
    let text = '';
    stream.on('data', (bytes: Buffer) => {
      text += bytes.latin1Slice();
    });
    await until(
      () => text !== '',
      () => 'an answer',
    );
    expect(text).toBe('2 https');
    session.destroy();
    const plain = new RawClient(await open([]));
    plain.send(get);
    await plain.receives('1.1 https');
    plain.close();
  });

  it('takes no HTTP/2 by prior knowledge', async () => {
    await start();
    const client = new RawClient(await open([]));
    client.socket.write(Buffer.concat([preface, settings()]));
    await client.receives('HTTP/1.1 505');
    client.close();
  });

  it('ends a connection that agreed on HTTP/2 and speaks HTTP/1.1, or nothing', async () => {
    await start();
    const wrong = new FrameClient(await open(['h2']));
    wrong.send(Buffer.from(get));
    await wrong.receives(FrameType.goaway);
    await wrong.endsCleanly();
    const silent = new FrameClient(await open(['h2']));
    await silent.receives(FrameType.settings);
    fixture.advance(10_200);
    await silent.receives(FrameType.goaway);
    await silent.endsCleanly();
    expect(fixture.refused).toEqual(['0 bad_preface', '0 block_timeout']);
    wrong.close();
    silent.close();
  });
});
