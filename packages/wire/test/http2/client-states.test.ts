/** RFC 9113 for clients: frames in, what becomes of a request. */
import { describe, expect, it } from 'vitest';
import { ClientFixture } from './client-fixture.ts';
import { type RawField, rawBlock } from './raw-block.ts';
import { Flag, frame, headers, settingsFrame, uint32 } from './raw-frames.ts';

const { endStream } = Flag;

function response(status: number | string, flags: number = 0, more: readonly RawField[] = [], id: number = 1): Buffer {
  return headers(id, flags, rawBlock([[':status', String(status)], ...more]));
}

const length = (value: string): readonly RawField[] => [['content-length', value]];
const rst = (code: number): Buffer => frame('RST_STREAM', 0, 1, uint32(code));

/** Frames for a GET on stream 1; what is sent for them; how the exchange fails, '' when it does not. */
type Case = readonly [name: string, sent: readonly Buffer[], expected: readonly string[], failure: string];

const cases: readonly Case[] = [
  ['a response', [response(200, endStream)], [], ''],
  ['a response with a body', [response(200), frame('DATA', endStream, 1, 'x')], [], ''],
  ['an empty body', [response(200), frame('DATA', endStream, 1)], [], ''],
  ['trailers', [response(200), headers(1, endStream, rawBlock([['x-t', '1']]))], [], ''],
  ['DATA before a head', [frame('DATA', endStream, 1, 'x')], ['RST_STREAM 1 protocolError'], 'bad_response'],
  [
    'DATA behind an interim head',
    [response(103), frame('DATA', 0, 1, 'x')],
    ['RST_STREAM 1 protocolError'],
    'bad_response',
  ],
  [
    'DATA behind the end, which only breaks its sender',
    [response(200, endStream), frame('DATA', endStream, 1, 'x')],
    ['GOAWAY 0 streamClosed'],
    '',
  ],
  ['a second head', [response(200), response(200)], ['RST_STREAM 1 protocolError'], 'bad_response'],
  ['a status twice', [response(200), response(200, endStream)], ['RST_STREAM 1 protocolError'], 'bad_response'],
  ['no status', [headers(1, endStream, rawBlock([['x', 'y']]))], ['RST_STREAM 1 protocolError'], 'bad_response'],
  ['a 101', [response(101)], ['RST_STREAM 1 protocolError'], 'bad_response'],
  [
    'an interim response that ends the stream',
    [response(103, endStream)],
    ['RST_STREAM 1 protocolError'],
    'bad_response',
  ],
  [
    'nine interim responses',
    Array.from({ length: 9 }, () => response(103)),
    ['RST_STREAM 1 protocolError'],
    'bad_response',
  ],
  [
    'a body longer than its length',
    [response(200, 0, length('1')), frame('DATA', 0, 1, 'ab')],
    ['RST_STREAM 1 protocolError'],
    'bad_response',
  ],
  [
    'a body shorter than its length',
    [response(200, 0, length('3')), frame('DATA', endStream, 1, 'ab')],
    ['RST_STREAM 1 protocolError'],
    'bad_response',
  ],
  [
    'a body shorter than its length, behind trailers',
    [response(200, 0, length('3')), headers(1, endStream, Buffer.alloc(0))],
    ['RST_STREAM 1 protocolError'],
    'bad_response',
  ],
  ['a length without a body', [response(200, endStream, length('3'))], ['RST_STREAM 1 protocolError'], 'bad_response'],
  ['304 with a length', [response(304, endStream, length('3'))], [], ''],
  ['204 that goes on', [response(204)], ['RST_STREAM 1 noError'], ''],
  [
    'a field that is malformed',
    [response(200, endStream, [['Upper', 'x']])],
    ['RST_STREAM 1 protocolError'],
    'bad_response',
  ],
  ['RST_STREAM', [rst(2)], [], 'reset'],
  ['RST_STREAM within the body', [response(200), rst(0)], [], 'reset'],
  ['REFUSED_STREAM', [rst(7)], [], 'refused_stream unprocessed'],
  ['REFUSED_STREAM within the body', [response(200), rst(7)], [], 'refused_stream'],
  ['GOAWAY below the stream', [frame('GOAWAY', 0, 0, uint32(0, 0))], [], 'refused_stream unprocessed'],
  ['a pushed stream', [frame('PUSH_PROMISE', 4, 1, uint32(2))], ['GOAWAY 0 protocolError'], 'bad_response'],
  ['ENABLE_PUSH', [settingsFrame([2, 1])], ['GOAWAY 0 protocolError'], 'bad_response'],
  ['a stream of the server', [headers(2, endStream)], ['GOAWAY 0 protocolError'], 'bad_response'],
  ['a stream that is not open yet', [response(200, endStream, [], 3)], ['GOAWAY 0 protocolError'], 'bad_response'],
];

describe('a client', () => {
  it.each(cases)('meets %s', (_name, sent, expected, failure) => {
    const fixture = new ClientFixture();
    const exchange = fixture.open();
    expect(fixture.sent()).toEqual(['HEADERS 1 end']);
    expect(fixture.send(...sent)).toEqual(expected);
    const { code = '', unprocessed = false } = exchange.failure ?? {};
    expect(`${code}${unprocessed ? ' unprocessed' : ''}`).toBe(failure);
    expect(exchange.complete).toBe(failure === '');
    expect(fixture.session.openStreams).toBe(0);
    expect(fixture.idles).toBe(expected[0]?.startsWith('GOAWAY 0 protocolError') ? 0 : 1);
  });

  it('answers HEAD without a body, whatever the server adds', () => {
    const fixture = new ClientFixture();
    const exchange = fixture.open('HEAD');
    fixture.sent();
    expect(fixture.send(response(200, 0, length('5')), frame('DATA', endStream, 1, 'hello'))).toEqual([
      'RST_STREAM 1 noError',
    ]);
    expect(exchange.complete).toBe(true);
    expect(exchange.head!.contentLength).toBe(5);
    expect(exchange.body.length).toBe(0);
    expect(fixture.error).toBeNull();
  });

  it('keeps to what the server allows at once', () => {
    const fixture = new ClientFixture({}, false);
    expect(fixture.session.capacity).toBe(100);
    fixture.send(settingsFrame([3, 2]));
    expect(fixture.ready).toEqual([2]);
    fixture.open();
    fixture.open();
    expect(fixture.session.capacity).toBe(0);
    fixture.send(settingsFrame([3, 5]));
    expect(fixture.session.capacity).toBe(3);
    expect(fixture.capacities).toBe(1);
    fixture.send(response(200, endStream));
    expect(fixture.session.capacity).toBe(4);
    expect(fixture.capacities).toBe(2);
    fixture.session.goaway();
    expect(fixture.session.capacity).toBe(0);
    expect(fixture.session.done).toBe(false);
    fixture.send(response(200, endStream, [], 3));
    expect(fixture.session.done).toBe(true);
  });

  it('lets streams below a GOAWAY go on, and tells those above that they were not processed', () => {
    const fixture = new ClientFixture();
    const exchanges = [fixture.open(), fixture.open(), fixture.open()];
    fixture.send(frame('GOAWAY', 0, 0, uint32(2 ** 31 - 1, 0)));
    expect(exchanges.map(({ failure }) => failure)).toEqual([null, null, null]);
    fixture.send(frame('GOAWAY', 0, 0, uint32(3, 0)));
    expect(exchanges.map(({ failure }) => failure)).toEqual([
      null,
      null,
      { code: 'refused_stream', unprocessed: true, reused: true },
    ]);
    fixture.send(response(200, endStream), response(200, endStream, [], 3));
    expect(exchanges.map(({ complete }) => complete)).toEqual([true, true, false]);
    expect(fixture.goaways).toEqual([2 ** 31 - 1, 3]);
    expect(fixture.session.done).toBe(true);
  });

  it('knows what was never sent when the socket closes', () => {
    const fixture = new ClientFixture();
    const sent = fixture.open();
    fixture.sent();
    const kept = fixture.open();
    fixture.session.closed();
    expect(sent.failure).toEqual({ code: 'closed_early', unprocessed: false, reused: false });
    expect(kept.failure).toEqual({ code: 'closed_early', unprocessed: true, reused: false });
  });

  it('knows that the connection was used before', () => {
    const fixture = new ClientFixture();
    fixture.open();
    fixture.send(response(200, endStream));
    const early = fixture.open();
    const late = fixture.open();
    fixture.sent();
    fixture.send(response(200, 0, [], 5));
    fixture.session.closed();
    expect(early.failure).toEqual({ code: 'closed_early', unprocessed: false, reused: true });
    expect(late.failure).toEqual({ code: 'closed_early', unprocessed: false, reused: false });
  });

  it('does not take a reset stream, or a server that is given up, for a race lost to the end of the connection', () => {
    const fixture = new ClientFixture();
    fixture.open();
    fixture.send(response(200, endStream));
    const [reset, silent] = [fixture.open(), fixture.open()];
    fixture.send(frame('RST_STREAM', 0, 3, uint32(7)));
    fixture.session.abandon();
    expect(reset.failure).toEqual({ code: 'refused_stream', unprocessed: true, reused: false });
    expect(silent.failure).toEqual({ code: 'reset', unprocessed: false, reused: false });
  });

  it('stops a request whose response has ended', () => {
    const fixture = new ClientFixture();
    const exchange = fixture.open('POST', false);
    exchange.stream!.sendData(Buffer.from('abc'), 0, 3, false);
    expect(fixture.sent()).toEqual(['HEADERS 1', 'DATA 1 3']);
    expect(fixture.send(response(413, endStream))).toEqual(['RST_STREAM 1 noError']);
    expect(exchange.stream!.sendData(Buffer.from('abc'), 0, 3, true)).toBe(true);
    expect(fixture.sent()).toEqual([]);
    expect(fixture.send(rst(0))).toEqual([]);
    expect(exchange.failure).toBeNull();
  });

  it('cancels', () => {
    const fixture = new ClientFixture();
    const exchange = fixture.open();
    exchange.stream!.abort('client_gone');
    expect(fixture.sent()).toEqual(['HEADERS 1 end', 'RST_STREAM 1 cancel']);
    expect(fixture.send(response(200), frame('DATA', endStream, 1, 'late'))).toEqual([]);
    expect(exchange.head).toBeNull();
    expect(exchange.failure).toBeNull();
  });

  it.each([
    ['too much', '2', 'abc', false],
    ['too little', '5', 'abc', true],
  ])('breaks off a request whose body is %s', (_name, declared, body, last) => {
    const fixture = new ClientFixture();
    const exchange = fixture.open('POST', false, (head) => {
      head.contentLength = Number(declared);
    });
    expect(exchange.stream!.sendData(Buffer.from(body), 0, body.length, last)).toBe(true);
    expect(exchange.failure).toBeNull();
    expect(fixture.sent()).toEqual(['HEADERS 1', 'RST_STREAM 1 cancel']);
    expect(exchange.failure!.code).toBe('reset');
  });

  it('turns an upgrade into extended CONNECT, and its 200 into a 101', () => {
    const fixture = new ClientFixture({}, false);
    fixture.send(settingsFrame([8, 1]));
    expect(fixture.session.extendedConnect).toBe(true);
    const exchange = fixture.open('GET', true, (head) => {
      head.upgrade = 'websocket';
    });
    expect(fixture.sent()).toEqual(['HEADERS 1']);
    fixture.send(response(200));
    expect(exchange.head!.status).toBe(101);
    expect(exchange.head!.upgrade).toBe('websocket');
    exchange.stream!.sendData(Buffer.from('ping'), 0, 4, false);
    expect(fixture.sent()).toEqual(['DATA 1 4']);
    fixture.send(frame('DATA', endStream, 1, 'pong'));
    expect(exchange.body.toString()).toBe('pong');
    expect(fixture.session.openStreams).toBe(1);
    exchange.stream!.sendData(Buffer.alloc(0), 0, 0, true);
    expect(fixture.sent()).toEqual(['DATA 1 0 end']);
    expect(fixture.session.openStreams).toBe(0);
  });

  it('relays a refused upgrade', () => {
    const fixture = new ClientFixture();
    const exchange = fixture.open('GET', true, (head) => {
      head.upgrade = 'websocket';
    });
    fixture.sent();
    expect(fixture.send(response(403, endStream))).toEqual(['RST_STREAM 1 noError']);
    expect(exchange.head!.status).toBe(403);
    expect(exchange.complete).toBe(true);
  });

  it('hears of acknowledged PINGs', () => {
    const fixture = new ClientFixture();
    fixture.session.ping();
    expect(fixture.sent()).toEqual(['PING']);
    fixture.send(frame('PING', 1, 0, '12345678'));
    expect(fixture.acks).toBe(1);
  });
});
