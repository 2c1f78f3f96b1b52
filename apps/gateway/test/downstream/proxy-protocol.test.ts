import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { DownstreamSettings, ProxyProtocolMode } from '../../src/settings.ts';
import { certificate } from './certificates.ts';
import { Fixture, listener } from './fixture.ts';
import { RawClient, until } from './raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const text = 'PROXY TCP4 192.0.2.1 198.51.100.7 50000 443\r\n';
const binary: string = Buffer.concat([
  Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24', 'latin1'),
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.from('20010db8000000000000000000000002', 'hex'),
  Buffer.from([0xc3, 0x50, 0x01, 0xbb]),
]).latin1Slice();
const local = '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0';
const fromProxy: Partial<DownstreamSettings> = { trustedProxies: ['127.0.0.0/8'] };

let fixture: Fixture;

afterEach(() => {
  fixture.close();
  expect(fixture.faults).toEqual([]);
});

/** The client of every exchange so far. */
function clients(): string[] {
  return fixture.handler.exchanges.map(({ stream }) => stream.peer.address);
}

function answerAtOnce(): void {
  fixture.handler.script = (exchange) => exchange.answer(`hello ${exchange.stream.peer.address};`);
}

async function refused(code: string): Promise<void> {
  await until(
    () => fixture.refused.includes(code),
    () => `${code} in ${fixture.refused.join(', ')}`,
  );
}

async function isCutOff(client: RawClient): Promise<void> {
  await until(
    () => client.closed || client.ended,
    () => `close, got ${client.text}`,
  );
}

describe('a PROXY header on a plain listener', () => {
  async function start(mode: ProxyProtocolMode, settings = fromProxy): Promise<RawClient> {
    fixture = await Fixture.plain({ ...settings, proxyProtocol: mode });
    answerAtOnce();
    return fixture.connect();
  }

  it.each([
    ['version 1', text, '192.0.2.1'],
    ['version 2', binary, '2001:db8::1'],
    ['LOCAL', local, '127.0.0.1'],
    ['UNKNOWN', 'PROXY UNKNOWN\r\n', '127.0.0.1'],
  ])('says who the client is: %s', async (_what, header, address) => {
    const client = await start('required');
    client.send(header + get);
    await client.receives(`hello ${address};`);
    expect(clients()).toEqual([address]);
    expect(fixture.refused).toEqual([]);
  });

  it('may come in pieces, its request later, or the request with its end', async () => {
    const client = await start('required');
    for (const octet of text) client.send(octet);
    client.send(get.slice(0, 9));
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.send(get.slice(9));
    await client.receives('hello 192.0.2.1;');
    expect(clients()).toEqual(['192.0.2.1']);
  });

  it('is optional for trusted peers unless it is required', async () => {
    const client = await start('trusted');
    client.send('G');
    await new Promise((resolve) => setTimeout(resolve, 10));
    client.send(get.slice(1));
    await client.receives('hello 127.0.0.1;');
    const other = await fixture.connect();
    other.send('\r\n');
    await new Promise((resolve) => setTimeout(resolve, 10));
    other.send(get);
    await other.receives('hello 127.0.0.1;');
    const proxied = await fixture.connect();
    proxied.send(text + get);
    await proxied.receives('hello 192.0.2.1;');
  });

  it('is a bad request from peers that are not trusted', async () => {
    const client = await start('trusted', { trustedProxies: ['192.0.2.0/24'] });
    client.send(text + get);
    await client.receives('HTTP/1.1 400 ');
    await isCutOff(client);
    const other = await fixture.connect();
    other.send(binary + get);
    await other.receives('HTTP/1.1 400 ');
    const honest = await fixture.connect();
    honest.send(get);
    await honest.receives('hello 127.0.0.1;');
    expect(clients()).toEqual(['127.0.0.1']);
  });

  it('is a bad request where it is off', async () => {
    const client = await start('off');
    client.send(binary + get);
    await client.receives('HTTP/1.1 400 ');
  });

  it('is required: others are closed without an answer', async () => {
    const client = await start('required');
    client.send(get);
    await isCutOff(client);
    expect(client.text).toBe('');
    await refused('0 proxy_header_missing');
  });

  it('is required from a trusted peer', async () => {
    const client = await start('required', { trustedProxies: [] });
    client.send(text + get);
    await isCutOff(client);
    await refused('0 proxy_untrusted');
    expect(clients()).toEqual([]);
  });

  it.each([['PROXY TCP4 192.0.2.1 198.51.100.7 50000\r\n'], ['\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0']])(
    'must be valid: %j',
    async (header) => {
      const client = await start('trusted');
      client.send(header + get);
      await isCutOff(client);
      await refused('0 proxy_header_malformed');
    },
  );

  it('may come before HTTP/2 too', async () => {
    const { socket } = await start('required');
    socket.removeAllListeners('data');
    socket.write(text);
    const session = connectHttp2('http://a', { createConnection: () => socket });
    const stream = session.request({ ':path': '/' });
    const [part] = await once(stream.setEncoding('latin1'), 'data');
    expect(part).toBe('hello 192.0.2.1;');
    session.destroy();
  });

  it('must come in time', async () => {
    const client = await start('trusted', { ...fromProxy, headTimeoutMs: 60 });
    client.send('PROXY TCP4 ');
    await isCutOff(client);
    await refused('0 proxy_header_timeout');
  });

  it('of which nothing came is nothing to complain of when the peer leaves', async () => {
    const client = await start('required');
    client.socket.end();
    await isCutOff(client);
    const other = await fixture.connect();
    other.socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(fixture.refused).toEqual([]);
  });

  it('names who is counted: clients are bounded, their proxy is not', async () => {
    const client = await start('trusted', { ...fromProxy, maxConnectionsPerClient: 1 });
    client.send(text + get);
    await client.receives('hello');
    const second = await fixture.connect();
    second.send(text + get);
    await isCutOff(second);
    await refused('0 too_many_connections');
    const other = await fixture.connect();
    other.send(binary + get);
    await other.receives('hello 2001:db8::1;');
    client.close();
    await until(
      () => fixture.downstream.connectionCount === 1,
      () => 'close',
    );
    const again = await fixture.connect();
    again.send(text + get);
    await again.receives('hello 192.0.2.1;');
  });
});

describe('a PROXY header before a TLS handshake', () => {
  async function start(mode: ProxyProtocolMode, settings = fromProxy): Promise<void> {
    fixture = new Fixture({ ...settings, proxyProtocol: mode });
    const pair = await certificate(['a.example']);
    await fixture.listen([listener('a', '', { certificates: [pair], clientValidation: null })]);
    answerAtOnce();
  }

  /** `pieces` are sent one by one, then the handshake begins on the same connection. */
  async function open(...pieces: string[]): Promise<TLSSocket> {
    const { socket } = await fixture.connect();
    socket.removeAllListeners('data');
    for (const piece of pieces) {
      socket.write(piece, 'latin1');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const secure = connectTls({ socket, servername: 'a.example', rejectUnauthorized: false });
    secure.on('error', () => {});
    return secure;
  }

  async function get200(secure: TLSSocket): Promise<string> {
    const client = new RawClient(secure);
    client.send(get);
    await client.receives(';');
    return client.text;
  }

  it.each([
    ['at once', [text]],
    ['in pieces', [text.slice(0, 3), text.slice(3, 40), text.slice(40)]],
    ['in binary', [binary]],
  ])('says who the client is, %s', async (_what, pieces) => {
    await start('required');
    const secure = await open(...pieces);
    await once(secure, 'secureConnect');
    expect(await get200(secure)).toContain(pieces[0] === binary ? 'hello 2001:db8::1;' : 'hello 192.0.2.1;');
    expect(fixture.refused).toEqual([]);
  });

  it('may come in one segment with the handshake', async () => {
    await start('trusted');
    const { socket } = await fixture.connect();
    socket.removeAllListeners('data');
    socket.cork();
    socket.write(text, 'latin1');
    const secure = connectTls({ socket, servername: 'a.example', rejectUnauthorized: false });
    setTimeout(() => socket.uncork(), 20);
    await once(secure, 'secureConnect');
    expect(await get200(secure)).toContain('hello 192.0.2.1;');
  });

  it('is optional for trusted peers unless it is required', async () => {
    await start('trusted');
    const secure = await open();
    await once(secure, 'secureConnect');
    expect(await get200(secure)).toContain('hello 127.0.0.1;');
  });

  it('is no handshake where it is not expected', async () => {
    await start('trusted', { trustedProxies: [] });
    await open(text);
    await refused('0 tls_handshake');
  });

  it('is required', async () => {
    await start('required');
    await open();
    await refused('0 proxy_header_missing');
  });

  it('names who is counted', async () => {
    await start('required', { ...fromProxy, maxConnectionsPerClient: 1 });
    const first = await open(text);
    await once(first, 'secureConnect');
    await get200(first);
    await open(text);
    await refused('0 too_many_connections');
    const other = await open(binary);
    await once(other, 'secureConnect');
    first.destroy();
    await until(
      () => fixture.downstream.connectionCount === 1,
      () => `close, ${fixture.downstream.connectionCount}`,
    );
    const again = await open(text);
    await once(again, 'secureConnect');
    expect(await get200(again)).toContain('hello 192.0.2.1;');
  });
});
