/** RFC 9113 §3 to §6 for servers: frames in, frames out. */
import { ResponseHead } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import { Flag, frame, headers, preface, requestBlock, settingsFrame, uint32 } from './raw-frames.ts';
import { respondWith, ServerFixture } from './server-fixture.ts';

const { ack, endStream, endHeaders, padded, priority } = Flag;
const answered = respondWith(new ResponseHead(200, []));

/** Frames behind the handshake and what is sent for the last of them. */
type Case = readonly [name: string, sent: readonly Buffer[], expected: readonly string[]];

const open = headers(1, 0);
const halfClosed = headers(1, endStream);
const rst = (id: number, code: number = 8): Buffer => frame('RST_STREAM', 0, id, uint32(code));
const dependency = (on: number): Buffer => Buffer.concat([uint32(on), Buffer.of(10)]);

const cases: readonly Case[] = [
  // §4.1 and §4.2
  ['an unknown type is ignored', [frame(22, 255, 0, 'x')], []],
  ['the reserved bit is ignored', [frame('PING', 0, 0x8000_0000, '12345678')], ['PING ack']],
  ['a frame too large for DATA', [open, frame('DATA', 0, 1, Buffer.alloc(16_385))], ['GOAWAY 1 frameSizeError']],
  ['a frame too large for SETTINGS', [frame('SETTINGS', 0, 0, Buffer.alloc(16_386))], ['GOAWAY 0 frameSizeError']],
  // §4.3
  ['a field block that can not be read', [headers(1, endStream, Buffer.of(0x80))], ['GOAWAY 0 compressionError']],
  [
    'another frame within a field block',
    [frame('HEADERS', 0, 1), frame('PING', 0, 0, '12345678')],
    ['GOAWAY 0 protocolError'],
  ],
  ['an unknown frame within a field block', [frame('HEADERS', 0, 1), frame(22, 0, 1)], ['GOAWAY 0 protocolError']],
  ['DATA within a field block', [frame('HEADERS', 0, 1), frame('DATA', 0, 1)], ['GOAWAY 0 protocolError']],
  [
    'a field block of another stream',
    [frame('HEADERS', 0, 1), frame('CONTINUATION', endHeaders, 3)],
    ['GOAWAY 0 protocolError'],
  ],
  // §5.1 idle
  ['idle: DATA', [frame('DATA', endStream, 1, 'x')], ['GOAWAY 0 protocolError']],
  ['idle: RST_STREAM', [rst(1)], ['GOAWAY 0 protocolError']],
  ['idle: WINDOW_UPDATE', [frame('WINDOW_UPDATE', 0, 1, uint32(1))], ['GOAWAY 0 protocolError']],
  ['idle: CONTINUATION', [frame('CONTINUATION', endHeaders, 1)], ['GOAWAY 0 protocolError']],
  ['idle: PRIORITY', [frame('PRIORITY', 0, 1, dependency(0))], []],
  // §5.1 open
  [
    'open: WINDOW_UPDATE and PRIORITY',
    [open, frame('WINDOW_UPDATE', 0, 1, uint32(1)), frame('PRIORITY', 0, 1, dependency(0))],
    [],
  ],
  ['open: RST_STREAM', [open, rst(1)], []],
  ['open: HEADERS that do not end it', [open, headers(1, 0)], ['RST_STREAM 1 protocolError']],
  // §5.1 half-closed (remote)
  ['half-closed: DATA', [halfClosed, frame('DATA', endStream, 1, 'x')], ['RST_STREAM 1 streamClosed']],
  ['half-closed: HEADERS', [halfClosed, headers(1, endStream)], ['RST_STREAM 1 streamClosed']],
  ['half-closed: CONTINUATION', [halfClosed, frame('CONTINUATION', endHeaders, 1)], ['GOAWAY 1 protocolError']],
  [
    'half-closed: WINDOW_UPDATE, PRIORITY, RST_STREAM',
    [halfClosed, frame('WINDOW_UPDATE', 0, 1, uint32(1)), frame('PRIORITY', 0, 1, dependency(0)), rst(1)],
    [],
  ],
  // §5.1 closed by the peer's RST_STREAM
  ['reset by the peer: DATA', [open, rst(1), frame('DATA', endStream, 1, 'x')], ['RST_STREAM 1 streamClosed']],
  ['reset by the peer: HEADERS', [open, rst(1), headers(1, endStream)], ['RST_STREAM 1 streamClosed']],
  ['reset by the peer: CONTINUATION', [open, rst(1), frame('CONTINUATION', endHeaders, 1)], ['GOAWAY 1 protocolError']],
  [
    'reset by the peer: WINDOW_UPDATE, PRIORITY, RST_STREAM',
    [open, rst(1), frame('WINDOW_UPDATE', 0, 1, uint32(1)), frame('PRIORITY', 0, 1, dependency(0)), rst(1)],
    [],
  ],
  // §5.1 closed by our RST_STREAM: what was on its way is dropped
  ['reset by us: DATA', [open, headers(1, 0), frame('DATA', endStream, 1, 'x')], []],
  ['reset by us: HEADERS', [open, headers(1, 0), headers(1, endStream)], []],
  [
    'reset by us: RST_STREAM, WINDOW_UPDATE',
    [open, headers(1, 0), rst(1), frame('WINDOW_UPDATE', 0, 1, uint32(1))],
    [],
  ],
  // §5.1.1
  ['an even stream', [headers(2, endStream)], ['GOAWAY 0 protocolError']],
  ['a stream that was passed over', [headers(5, endStream), headers(3, endStream)], ['GOAWAY 5 protocolError']],
  ['DATA for a stream that was passed over', [headers(5, 0), frame('DATA', 0, 3, 'x')], ['RST_STREAM 3 streamClosed']],
  // §5.3
  [
    'HEADERS depending on themselves',
    [headers(1, endStream | priority, Buffer.concat([dependency(1), requestBlock()]))],
    ['RST_STREAM 1 protocolError'],
  ],
  ['PRIORITY depending on itself', [open, frame('PRIORITY', 0, 1, dependency(1))], ['RST_STREAM 1 protocolError']],
  ['PRIORITY depending on itself, idle', [frame('PRIORITY', 0, 1, dependency(1))], ['GOAWAY 0 protocolError']],
  // §6.1
  ['DATA on the connection', [frame('DATA', 0, 0, 'x')], ['GOAWAY 0 protocolError']],
  ['DATA padded with more than it has', [open, frame('DATA', padded, 1, '\x05abc')], ['GOAWAY 1 protocolError']],
  ['DATA padded without a length', [open, frame('DATA', padded, 1)], ['GOAWAY 1 frameSizeError']],
  // §6.2
  ['HEADERS on the connection', [headers(0, endStream)], ['GOAWAY 0 protocolError']],
  ['HEADERS padded with more than they have', [headers(1, padded, Buffer.of(9, 0x82))], ['GOAWAY 0 protocolError']],
  ['HEADERS padded without a length', [headers(1, padded, Buffer.alloc(0))], ['GOAWAY 0 frameSizeError']],
  ['HEADERS with a priority cut off', [headers(1, priority, Buffer.of(0, 0, 0))], ['GOAWAY 0 frameSizeError']],
  // §6.3
  ['PRIORITY on the connection', [frame('PRIORITY', 0, 0, dependency(1))], ['GOAWAY 0 protocolError']],
  ['PRIORITY of another size', [open, frame('PRIORITY', 0, 1, 'abcd')], ['RST_STREAM 1 frameSizeError']],
  // §6.4
  ['RST_STREAM on the connection', [rst(0)], ['GOAWAY 0 protocolError']],
  ['RST_STREAM of another size', [open, frame('RST_STREAM', 0, 1, 'abc')], ['GOAWAY 1 frameSizeError']],
  // §6.5
  ['SETTINGS', [settingsFrame([3, 1])], ['SETTINGS ack']],
  ['SETTINGS not known', [settingsFrame([255, 1])], ['SETTINGS ack']],
  ['SETTINGS acknowledged', [frame('SETTINGS', ack, 0)], []],
  ['SETTINGS acknowledged with a payload', [frame('SETTINGS', ack, 0, '123456')], ['GOAWAY 0 frameSizeError']],
  ['SETTINGS of a stream', [frame('SETTINGS', 0, 1)], ['GOAWAY 0 protocolError']],
  ['SETTINGS of another size', [frame('SETTINGS', 0, 0, '123')], ['GOAWAY 0 frameSizeError']],
  ['ENABLE_PUSH of 2', [settingsFrame([2, 2])], ['GOAWAY 0 protocolError']],
  ['INITIAL_WINDOW_SIZE of 2^31', [settingsFrame([4, 2 ** 31])], ['GOAWAY 0 flowControlError']],
  ['MAX_FRAME_SIZE of 16,383', [settingsFrame([5, 16_383])], ['GOAWAY 0 protocolError']],
  ['MAX_FRAME_SIZE of 2^24', [settingsFrame([5, 2 ** 24])], ['GOAWAY 0 protocolError']],
  ['ENABLE_CONNECT_PROTOCOL of 2', [settingsFrame([8, 2])], ['GOAWAY 0 protocolError']],
  ['ENABLE_CONNECT_PROTOCOL taken back', [settingsFrame([8, 1]), settingsFrame([8, 0])], ['GOAWAY 0 protocolError']],
  // §6.6
  [
    'PUSH_PROMISE',
    [frame('PUSH_PROMISE', endHeaders, 1, Buffer.concat([uint32(2), requestBlock()]))],
    ['GOAWAY 0 protocolError'],
  ],
  // §6.7
  ['PING', [frame('PING', 0, 0, '12345678')], ['PING ack']],
  ['PING acknowledged', [frame('PING', ack, 0, '12345678')], []],
  ['PING of a stream', [frame('PING', 0, 1, '12345678')], ['GOAWAY 0 protocolError']],
  ['PING of another size', [frame('PING', 0, 0, '1234567')], ['GOAWAY 0 frameSizeError']],
  // §6.8
  ['GOAWAY', [frame('GOAWAY', 0, 0, uint32(0, 0))], []],
  ['GOAWAY of a stream', [frame('GOAWAY', 0, 1, uint32(0, 0))], ['GOAWAY 0 protocolError']],
  ['GOAWAY of another size', [frame('GOAWAY', 0, 0, uint32(0))], ['GOAWAY 0 frameSizeError']],
  // §6.9
  ['WINDOW_UPDATE of nothing, connection', [frame('WINDOW_UPDATE', 0, 0, uint32(0))], ['GOAWAY 0 protocolError']],
  ['WINDOW_UPDATE of nothing, stream', [open, frame('WINDOW_UPDATE', 0, 1, uint32(0))], ['RST_STREAM 1 protocolError']],
  ['WINDOW_UPDATE of another size', [frame('WINDOW_UPDATE', 0, 0, '123')], ['GOAWAY 0 frameSizeError']],
  [
    'WINDOW_UPDATE beyond 2^31, connection',
    [frame('WINDOW_UPDATE', 0, 0, uint32(2 ** 31 - 1))],
    ['GOAWAY 0 flowControlError'],
  ],
  [
    'WINDOW_UPDATE beyond 2^31, stream',
    [open, frame('WINDOW_UPDATE', 0, 1, uint32(2 ** 31 - 1))],
    ['RST_STREAM 1 flowControlError'],
  ],
  [
    'INITIAL_WINDOW_SIZE lifts a stream beyond 2^31',
    [open, frame('WINDOW_UPDATE', 0, 1, uint32(2 ** 31 - 65_536)), settingsFrame([4, 65_536])],
    ['GOAWAY 1 flowControlError'],
  ],
  // §6.10
  [
    'CONTINUATION behind a complete block',
    [halfClosed, frame('CONTINUATION', endHeaders, 1)],
    ['GOAWAY 1 protocolError'],
  ],
  [
    'CONTINUATION on the connection',
    [frame('HEADERS', 0, 1), frame('CONTINUATION', endHeaders, 0)],
    ['GOAWAY 0 protocolError'],
  ],
  // §8.1
  ['trailers that do not end', [open, headers(1, 0, Buffer.alloc(0))], ['RST_STREAM 1 protocolError']],
  ['pseudo fields in trailers', [open, headers(1, endStream)], ['RST_STREAM 1 protocolError']],
  [
    'a body longer than its length',
    [headers(1, 0, requestBlock('POST', '/', [['content-length', '1']])), frame('DATA', 0, 1, 'ab')],
    ['RST_STREAM 1 protocolError'],
  ],
  [
    'a body shorter than its length',
    [headers(1, 0, requestBlock('POST', '/', [['content-length', '3']])), frame('DATA', endStream, 1, 'ab')],
    ['RST_STREAM 1 protocolError'],
  ],
  [
    'a body shorter than its length, behind trailers',
    [headers(1, 0, requestBlock('POST', '/', [['content-length', '3']])), headers(1, endStream, Buffer.alloc(0))],
    ['RST_STREAM 1 protocolError'],
  ],
  [
    'a length without a body',
    [headers(1, endStream, requestBlock('POST', '/', [['content-length', '3']]))],
    ['RST_STREAM 1 protocolError'],
  ],
  [
    'a malformed request',
    [headers(1, endStream, requestBlock('GET', '/', [['Upper', 'x']]))],
    ['RST_STREAM 1 protocolError'],
  ],
  ['a request that is answered by the session', [headers(1, endStream, requestBlock('FOO'))], ['HEADERS 1 end']],
  [
    'a request that is answered by the session before its end',
    [headers(1, 0, requestBlock('FOO'))],
    ['HEADERS 1 end', 'RST_STREAM 1 noError'],
  ],
];

describe('a server', () => {
  it.each(cases)('meets %s', (_name, sent, expected) => {
    const fixture = new ServerFixture();
    const before = sent.slice(0, -1).map((each) => fixture.send(each));
    expect(before.flat().some((line) => line.startsWith('GOAWAY'))).toBe(false);
    expect(fixture.send(sent.at(-1)!)).toEqual(expected);
    expect(fixture.error !== null).toBe(expected.some((line) => line.startsWith('GOAWAY')));
  });

  it.each(cases)('meets %s, octet by octet', (_name, sent, expected) => {
    const fixture = new ServerFixture();
    const bytes = Buffer.concat(sent);
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at++) lines.push(...fixture.send(bytes.subarray(at, at + 1)));
    if (expected.length > 0) expect(lines.slice(-expected.length)).toEqual(expected);
    expect(fixture.error !== null).toBe(expected.some((line) => line.startsWith('GOAWAY')));
  });

  /** Both directions have ended: whoever sends on is broken. */
  it.each([
    ['DATA', frame('DATA', endStream, 1, 'x'), ['GOAWAY 1 streamClosed']],
    ['HEADERS', headers(1, endStream), ['GOAWAY 1 streamClosed']],
    ['CONTINUATION', frame('CONTINUATION', endHeaders, 1), ['GOAWAY 1 protocolError']],
    ['WINDOW_UPDATE', frame('WINDOW_UPDATE', 0, 1, uint32(1)), []],
    ['PRIORITY', frame('PRIORITY', 0, 1, dependency(3)), []],
    ['RST_STREAM', rst(1), []],
  ])('meets %s on a stream that has ended', (_name, sent, expected) => {
    const fixture = new ServerFixture();
    fixture.respond = answered;
    expect(fixture.send(halfClosed)).toEqual(['HEADERS 1 end']);
    expect(fixture.send(sent)).toEqual(expected);
  });

  it('begins with SETTINGS, opens the connection, and acknowledges', () => {
    const fixture = new ServerFixture({}, false);
    expect(fixture.greeting).toEqual(['SETTINGS', 'WINDOW_UPDATE 0 983041']);
    expect(fixture.send(preface, settingsFrame())).toEqual(['SETTINGS ack']);
  });

  it.each([
    ['another text', Buffer.from('PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n')],
    ['a frame other than SETTINGS', Buffer.concat([preface, frame('PING', 0, 0, '12345678')])],
    ['DATA', Buffer.concat([preface, frame('DATA', 0, 1, '12345678')])],
    ['an acknowledgement', Buffer.concat([preface, frame('SETTINGS', ack, 0)])],
  ])('refuses a preface with %s', (_name, bytes) => {
    const fixture = new ServerFixture({}, false);
    expect(fixture.send(bytes)).toEqual(['GOAWAY 0 protocolError']);
    expect(fixture.error).toBe('bad_preface');
  });

  it('says nothing more after an error', () => {
    const fixture = new ServerFixture();
    fixture.send(open, rst(3));
    expect(fixture.last.aborted).toBe('protocol_error');
    expect(fixture.send(headers(5, endStream), frame('PING', 0, 0, '12345678'))).toEqual([]);
    fixture.last.stream.sendHead(new ResponseHead(200, []), true);
    fixture.session.ping();
    fixture.session.goaway();
    expect(fixture.sent()).toEqual([]);
    expect(fixture.opens).toEqual([1, 0]);
  });
});
