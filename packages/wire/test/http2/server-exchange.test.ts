/** What becomes of requests and responses on a server's streams. */
import { Field, internName, ResponseHead } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import { rawBlock } from './raw-block.ts';
import { Flag, frame, headers, requestBlock, uint32 } from './raw-frames.ts';
import { respondWith, ServerFixture } from './server-fixture.ts';

const { endStream, padded } = Flag;
const trailer = new Field(internName('grpc-status'), '0');

function response(status: number = 200, length: number = -1): ResponseHead {
  const head = new ResponseHead(status, []);
  head.contentLength = length;
  return head;
}

describe('a request', () => {
  it('comes with its body and trailers', () => {
    const fixture = new ServerFixture();
    const body = [frame('DATA', 0, 1, 'he'), frame('DATA', padded, 1, '\x03llo\0\0\0')];
    fixture.send(headers(1, 0, requestBlock('POST', '/x')), ...body, headers(1, endStream, rawBlock([['x-t', '1']])));
    const { head, body: received, trailers, end } = fixture.last;
    expect([head.method, head.path, head.authority, end]).toEqual(['POST', '/x', 'a.example', false]);
    expect(received.toString()).toBe('hello');
    expect(trailers!.map(({ name, value }) => `${name.name}=${value}`)).toEqual(['x-t=1']);
  });

  it('is aborted by RST_STREAM', () => {
    const fixture = new ServerFixture();
    fixture.send(headers(1, 0), frame('RST_STREAM', 0, 1, uint32(8)));
    expect(fixture.last.aborted).toBe('client_gone');
    expect(fixture.opens).toEqual([1, 0]);
    fixture.last.stream.sendHead(response(), true);
    expect(fixture.sent()).toEqual([]);
  });

  it('is aborted when the socket closes, once', () => {
    const fixture = new ServerFixture();
    fixture.send(headers(1, 0), headers(3, endStream));
    fixture.session.closed();
    fixture.session.closed();
    expect(fixture.requests.map(({ aborted }) => aborted)).toEqual(['client_gone', 'client_gone']);
    expect(fixture.session.openStreams).toBe(0);
    expect(fixture.session.done).toBe(true);
  });

  it('is refused beyond the limit', () => {
    const fixture = new ServerFixture({ maxConcurrentStreams: 1 });
    expect(fixture.send(headers(1, 0), headers(3, endStream))).toEqual(['RST_STREAM 3 refusedStream']);
    expect(fixture.refused).toEqual(['too_many_streams']);
    fixture.last.stream.sendHead(response(), true);
    expect(fixture.sent()).toEqual(['HEADERS 1 end', 'RST_STREAM 1 noError']);
    fixture.send(headers(5, endStream));
    expect(fixture.requests).toHaveLength(2);
  });

  it('with a head too large is answered', () => {
    const fixture = new ServerFixture({ maxFieldSectionBytes: 300 });
    const large = requestBlock('GET', '/', [['x', 'y'.repeat(300)]]);
    expect(fixture.send(headers(1, endStream, large))).toEqual(['HEADERS 1 end']);
    expect(fixture.refused).toEqual(['head_too_large']);
    expect(fixture.requests).toHaveLength(0);
    expect(fixture.session.openStreams).toBe(0);
  });

  it('goes on in CONTINUATION', () => {
    const fixture = new ServerFixture();
    const block = requestBlock('GET', '/', [['x', 'y'.repeat(2_000)]]);
    fixture.send(frame('HEADERS', endStream, 1, block.subarray(0, 1_000)));
    expect(fixture.requests).toHaveLength(0);
    fixture.send(frame('CONTINUATION', 0, 1, block.subarray(1_000, 1_000)));
    fixture.send(frame('CONTINUATION', Flag.endHeaders, 1, block.subarray(1_000)));
    expect(fixture.last.head.fields[0]!.value).toHaveLength(2_000);
    expect(fixture.last.end).toBe(true);
  });
});

describe('a response', () => {
  it('has interim heads, a body and trailers', () => {
    const fixture = new ServerFixture();
    fixture.respond = ({ stream }) => {
      stream.sendInfo(response(103));
      stream.sendHead(response(), false);
      stream.sendHead(response(500), true);
      expect(stream.sendData(Buffer.from('..abc..'), 2, 5, false)).toBe(true);
      stream.sendTrailers([trailer]);
      stream.sendData(Buffer.from('late'), 0, 4, true);
    };
    expect(fixture.send(headers(1, endStream))).toEqual(['HEADERS 1', 'HEADERS 1', 'DATA 1 3', 'HEADERS 1 end']);
    expect(fixture.opens).toEqual([1, 0]);
  });

  it('before the end of its request stops it, without an error', () => {
    const fixture = new ServerFixture();
    fixture.respond = respondWith(response(413), 'no');
    const sent = fixture.send(headers(1, 0), frame('DATA', 0, 1, 'abc'));
    expect(sent).toEqual(['HEADERS 1', 'DATA 1 2 end', 'RST_STREAM 1 noError']);
    expect(fixture.send(frame('DATA', endStream, 1, 'abc'))).toEqual([]);
    expect(fixture.last.body.length).toBe(0);
    expect(fixture.last.aborted).toBeNull();
    expect(fixture.error).toBeNull();
  });

  it('before the end of its request waits for its own octets first', () => {
    const fixture = new ServerFixture();
    fixture.respond = ({ stream }) => {
      stream.sendHead(response(), false);
      expect(stream.sendData(Buffer.alloc(70_000), 0, 70_000, true)).toBe(false);
    };
    expect(fixture.send(headers(1, 0)).filter((line) => line.startsWith('RST'))).toEqual([]);
    expect(
      fixture.send(frame('WINDOW_UPDATE', 0, 0, uint32(9_000)), frame('WINDOW_UPDATE', 0, 1, uint32(9_000))),
    ).toEqual(['DATA 1 4465 end', 'RST_STREAM 1 noError']);
  });

  it.each([
    ['HEAD', 200, 5],
    ['GET', 204, -1],
    ['GET', 304, 5],
  ])('to %s with %d has no body', (method, status, length) => {
    const fixture = new ServerFixture();
    fixture.respond = respondWith(response(status, length), 'hello');
    expect(fixture.send(headers(1, endStream, requestBlock(method)))).toEqual(['HEADERS 1 end']);
  });

  it.each([
    ['too much', 2, 'abc', false, ['HEADERS 1', 'RST_STREAM 1 internalError'], 'gateway'],
    ['too little', 5, 'abc', true, ['HEADERS 1', 'RST_STREAM 1 internalError'], null],
    ['nothing', 5, '', true, ['RST_STREAM 1 internalError'], null],
  ] as const)('with %s is broken off', (_name, length, body, last, expected, aborted) => {
    const fixture = new ServerFixture();
    fixture.respond = ({ stream }) => {
      stream.sendHead(response(200, length), body === '');
      if (body !== '') expect(stream.sendData(Buffer.from(body), 0, body.length, last)).toBe(true);
    };
    expect(fixture.send(headers(1, endStream))).toEqual(expected);
    expect(fixture.last.aborted).toBe(aborted);
  });

  it('is broken off when its source fails', () => {
    const fixture = new ServerFixture();
    fixture.send(headers(1, endStream), headers(3, endStream));
    fixture.requests[0]!.stream.abort('upstream_gone');
    fixture.requests[1]!.stream.abort('timeout');
    expect(fixture.sent()).toEqual(['RST_STREAM 1 internalError', 'RST_STREAM 3 cancel']);
    expect(fixture.requests.map(({ aborted }) => aborted)).toEqual([null, null]);
  });

  it('longer than a frame may be goes on in CONTINUATION', () => {
    const fixture = new ServerFixture();
    const fields = Array.from({ length: 9 }, (_, i) => new Field(internName(`x-${i}`), `${i}`.repeat(10_000)));
    fixture.respond = ({ stream }) => stream.sendHead(new ResponseHead(200, fields), true);
    const sent = fixture.send(headers(1, endStream));
    expect(sent[0]).toBe('HEADERS 1 end');
    expect(new Set(sent.slice(1))).toEqual(new Set(['CONTINUATION 1']));
    expect(sent.length).toBeGreaterThan(3);
  });
});

describe('a tunnel', () => {
  const connect = headers(
    1,
    0,
    rawBlock([
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'http'],
      [':path', '/chat'],
      [':authority', 'a.example'],
    ]),
  );

  it('is asked for by extended CONNECT and half-closes in both directions', () => {
    const fixture = new ServerFixture();
    expect(fixture.send(connect)).toEqual([]);
    const { head, end, stream } = fixture.last;
    expect([head.method, head.upgrade, end]).toEqual(['GET', 'websocket', true]);
    const accepted = new ResponseHead(101, []);
    accepted.upgrade = 'websocket';
    stream.sendHead(accepted, false);
    expect(fixture.sent()).toEqual(['HEADERS 1']);
    fixture.send(frame('DATA', 0, 1, 'ping'));
    expect(fixture.last.body.toString()).toBe('ping');
    stream.sendData(Buffer.from('pong'), 0, 4, false);
    stream.sendData(Buffer.alloc(0), 0, 0, true);
    expect(fixture.sent()).toEqual(['DATA 1 4', 'DATA 1 0 end']);
    fixture.send(frame('DATA', endStream, 1, 'bye'));
    expect(fixture.last.body.toString()).toBe('pingbye');
    expect(fixture.last.aborted).toBeNull();
    expect(fixture.session.openStreams).toBe(0);
  });

  it.each([
    ['goes on', 0],
    ['has ended', endStream],
  ])('keeps what came before it, when the client %s', (_name, flags) => {
    const fixture = new ServerFixture();
    fixture.send(connect, frame('DATA', 0, 1, 'ea'), frame('DATA', flags, 1, 'rly'));
    expect(fixture.last.body.length).toBe(0);
    fixture.last.stream.sendHead(new ResponseHead(101, []), false);
    expect(fixture.last.body.length).toBe(0);
    fixture.sent();
    expect(fixture.last.body.toString()).toBe('early');
    // `end` of the upgrade's head counts as complete before.
    fixture.send(...(flags === 0 ? [frame('DATA', endStream, 1, '.')] : []));
    fixture.last.stream.sendData(Buffer.alloc(0), 0, 0, true);
    expect(fixture.session.openStreams).toBe(0);
  });

  it('that is refused ends', () => {
    const fixture = new ServerFixture();
    fixture.respond = respondWith(response(403));
    expect(fixture.send(connect)).toEqual(['HEADERS 1 end', 'RST_STREAM 1 noError']);
  });

  it('takes no trailers', () => {
    const fixture = new ServerFixture();
    expect(fixture.send(connect, headers(1, endStream, rawBlock([['x', 'y']])))).toEqual([
      'RST_STREAM 1 protocolError',
    ]);
  });

  it('is not given to whom did not ask', () => {
    const fixture = new ServerFixture();
    fixture.respond = ({ stream }) => stream.sendHead(new ResponseHead(101, []), false);
    expect(fixture.send(headers(1, endStream))).toEqual(['RST_STREAM 1 internalError']);
  });
});

describe('leaving', () => {
  it('takes two steps and serves what was under way', () => {
    const fixture = new ServerFixture();
    fixture.send(headers(1, endStream));
    fixture.session.goawaySoon();
    expect(fixture.sent()).toEqual(['GOAWAY 2147483647 noError']);
    fixture.send(headers(3, 0));
    fixture.session.goaway();
    expect(fixture.sent()).toEqual(['GOAWAY 3 noError']);
    expect(fixture.send(headers(5, 0), frame('DATA', 0, 5, 'x'), headers(5, endStream, Buffer.alloc(0)))).toEqual([
      'RST_STREAM 5 refusedStream',
    ]);
    expect(fixture.requests).toHaveLength(2);
    expect(fixture.session.done).toBe(false);
    for (const { stream } of fixture.requests) stream.sendHead(response(), true);
    expect(fixture.sent()).toEqual(['HEADERS 1 end', 'HEADERS 3 end', 'RST_STREAM 3 noError']);
    expect(fixture.session.done).toBe(true);
  });

  it('hears of PINGs and GOAWAYs', () => {
    const fixture = new ServerFixture();
    fixture.session.ping();
    expect(fixture.sent()).toEqual(['PING']);
    fixture.send(frame('PING', 1, 0, '12345678'), frame('GOAWAY', 0, 0, uint32(0, 0)));
    expect([fixture.acks, fixture.goaways]).toEqual([1, 1]);
  });
});
