/** What costs us work and its sender little: counted, and the end of the session. */
import { ResponseHead } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import { rawBlock } from './raw-block.ts';
import { Flag, frame, headers, requestBlock, settingsFrame, uint32 } from './raw-frames.ts';
import { respondWith, ServerFixture } from './server-fixture.ts';

const { endStream, padded } = Flag;
const limits = { maxEarlyResets: 20, maxControlFrames: 100, floodWindowMs: 10_000 };
const ping = frame('PING', 0, 0, '12345678');

/** How often `send` goes well. */
function count(fixture: ServerFixture, send: (i: number) => readonly Buffer[], most: number = 1_000): number {
  for (let i = 0; i < most; i++) {
    fixture.send(...send(i));
    if (fixture.error !== null) return i;
  }
  return most;
}

const openStream = headers(1, 0);

describe('control frames', () => {
  it.each([
    ['PING', ping],
    ['PING acknowledgements', frame('PING', 1, 0, '12345678')],
    ['SETTINGS', settingsFrame()],
    ['SETTINGS acknowledgements', frame('SETTINGS', 1, 0)],
    ['PRIORITY', frame('PRIORITY', 0, 3, Buffer.of(0, 0, 0, 0, 1))],
    ['WINDOW_UPDATE of the connection', frame('WINDOW_UPDATE', 0, 0, uint32(1))],
    ['WINDOW_UPDATE of a stream', frame('WINDOW_UPDATE', 0, 1, uint32(1))],
    ['empty DATA', frame('DATA', 0, 1)],
    ['DATA of padding alone', frame('DATA', padded, 1, '\x02\0\0')],
    ['what is not known', frame(99, 0, 0, 'abc')],
    ['GOAWAY', frame('GOAWAY', 0, 0, uint32(0, 0))],
  ])('%s end the session', (_name, flood) => {
    const fixture = new ServerFixture(limits);
    fixture.send(openStream);
    expect(count(fixture, () => [flood])).toBeLessThanOrEqual(103);
    expect(fixture.error).toBe('control_flood');
    expect(fixture.last.aborted).toBe('protocol_error');
  });

  it('may come slowly for ever', () => {
    const fixture = new ServerFixture(limits);
    const sent = count(fixture, () => {
      fixture.nowMs += 200;
      return [ping];
    });
    expect(sent).toBe(1_000);
  });

  it('are excused by what they answer', () => {
    const fixture = new ServerFixture(limits);
    fixture.send(headers(1, endStream));
    const { stream } = fixture.last;
    stream.sendHead(new ResponseHead(200, []), false);
    const updates = [frame('WINDOW_UPDATE', 0, 0, uint32(1_000)), frame('WINDOW_UPDATE', 0, 1, uint32(1_000)), ping];
    const octets = Buffer.alloc(1_000);
    expect(
      count(fixture, () => {
        stream.sendData(octets, 0, 1_000, false);
        return updates;
      }),
    ).toBe(1_000);
  });

  it('are excused by streams', () => {
    const fixture = new ServerFixture(limits);
    fixture.respond = respondWith(new ResponseHead(200, []));
    const priority = (id: number): Buffer => frame('PRIORITY', 0, id, Buffer.of(0, 0, 0, 0, 1));
    expect(count(fixture, (i) => [priority(i * 2 + 1), headers(i * 2 + 1, endStream)])).toBe(1_000);
  });
});

describe('CONTINUATION', () => {
  it('in small parts ends the session', () => {
    const fixture = new ServerFixture(limits);
    fixture.send(frame('HEADERS', endStream, 1, requestBlock()));
    expect(count(fixture, () => [frame('CONTINUATION', 0, 1, 'x')])).toBeLessThan(103);
    expect(fixture.error).toBe('control_flood');
  });

  it('in large parts ends the session within 64 KiB', () => {
    const fixture = new ServerFixture(limits);
    fixture.send(frame('HEADERS', endStream, 1, requestBlock()));
    const part = frame('CONTINUATION', 0, 1, Buffer.alloc(4_096));
    expect(count(fixture, () => [part])).toBe(15);
    expect(fixture.error).toBe('header_flood');
  });
});

describe('resets', () => {
  it('by the client, soon after the request, end the session', () => {
    const fixture = new ServerFixture(limits);
    const rapid = (i: number): Buffer[] => [
      headers(i * 2 + 1, endStream),
      frame('RST_STREAM', 0, i * 2 + 1, uint32(8)),
    ];
    expect(count(fixture, rapid)).toBe(20);
    expect(fixture.error).toBe('reset_flood');
    expect(fixture.requests.every(({ aborted }) => aborted === 'client_gone')).toBe(true);
    expect(fixture.session.openStreams).toBe(0);
  });

  it('by the client, of what it has waited for, are its right', () => {
    const fixture = new ServerFixture({ ...limits, floodWindowMs: 1_000_000 });
    const late = (i: number): Buffer[] => {
      fixture.send(headers(i * 2 + 1, endStream));
      fixture.nowMs += 1_500;
      return [frame('RST_STREAM', 0, i * 2 + 1, uint32(8))];
    };
    expect(count(fixture, late, 100)).toBe(100);
  });

  it('by the client, of what was answered, are its right', () => {
    const fixture = new ServerFixture(limits);
    fixture.respond = ({ stream }) => stream.sendHead(new ResponseHead(200, []), false);
    const rapid = (i: number): Buffer[] => [
      headers(i * 2 + 1, endStream),
      frame('RST_STREAM', 0, i * 2 + 1, uint32(8)),
    ];
    expect(count(fixture, rapid, 100)).toBe(100);
  });

  it.each([
    ['WINDOW_UPDATE of nothing', (id: number) => frame('WINDOW_UPDATE', 0, id, uint32(0))],
    ['a window too large', (id: number) => frame('WINDOW_UPDATE', 0, id, uint32(2 ** 31 - 1))],
    ['PRIORITY of a wrong size', (id: number) => frame('PRIORITY', 0, id, 'abc')],
    ['DATA behind the end', (id: number) => frame('DATA', 0, id, 'x')],
    ['HEADERS behind the end', (id: number) => headers(id, endStream)],
  ])('provoked by %s end the session', (_name, provoke) => {
    const fixture = new ServerFixture(limits);
    expect(count(fixture, (i) => [headers(i * 2 + 1, endStream), provoke(i * 2 + 1)])).toBe(20);
    expect(fixture.error).toBe('reset_flood');
    expect(fixture.requests.every(({ aborted }) => aborted !== null)).toBe(true);
  });

  it('for malformed requests end the session', () => {
    const fixture = new ServerFixture(limits);
    const bad = rawBlock([[':method', 'GET']]);
    expect(count(fixture, (i) => [headers(i * 2 + 1, endStream, bad)])).toBe(20);
    expect(fixture.refused).toHaveLength(21);
  });

  it('for too many streams at once end the session of a client that knows the limit', () => {
    const fixture = new ServerFixture({ ...limits, maxConcurrentStreams: 1 });
    fixture.send(headers(1, 0), frame('SETTINGS', 1, 0));
    expect(count(fixture, (i) => [headers(i * 2 + 3, endStream)])).toBe(20);
    expect(fixture.error).toBe('reset_flood');
  });
});

describe('answers that are not read', () => {
  it('end the session', () => {
    const fixture = new ServerFixture({ ...limits, maxControlFrames: 10_000_000 });
    fixture.session.outputBlocked(true);
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
    expect(count(fixture, () => [pings])).toBeLessThan(260);
    expect(fixture.error).toBe('output_flood');
  });
});

describe('deadlines', () => {
  const deadlines = { writeIdleMs: 5_000, headTimeoutMs: 1_000, minBodyBytesPerSecond: 100, bodyGraceMs: 2_000 };

  it('of field blocks', () => {
    const fixture = new ServerFixture();
    fixture.send(frame('HEADERS', 0, 1, requestBlock()));
    fixture.session.sweep(1_900, deadlines);
    expect(fixture.error).toBeNull();
    fixture.session.sweep(2_000, deadlines);
    expect(fixture.sent()).toEqual(['GOAWAY 0 enhanceYourCalm']);
    expect(fixture.error).toBe('block_timeout');
  });

  it('of the first SETTINGS', () => {
    const fixture = new ServerFixture({}, false);
    fixture.send(Buffer.from('PRI'));
    fixture.session.sweep(2_000, deadlines);
    expect(fixture.sent()).toEqual(['GOAWAY 0 settingsTimeout']);
  });

  it('of responses that are not taken', () => {
    const fixture = new ServerFixture();
    fixture.send(settingsFrame([4, 100]), headers(1, endStream), headers(3, endStream));
    for (const { stream } of fixture.requests) {
      stream.sendHead(new ResponseHead(200, []), false);
      stream.sendData(Buffer.alloc(300), 0, 300, false);
    }
    fixture.sent();
    fixture.nowMs = 5_000;
    fixture.send(frame('WINDOW_UPDATE', 0, 3, uint32(10)));
    fixture.session.sweep(6_000, deadlines);
    expect(fixture.sent()).toEqual(['RST_STREAM 1 cancel']);
    expect(fixture.requests.map(({ aborted }) => aborted)).toEqual(['timeout', null]);
    fixture.session.sweep(10_000, deadlines);
    expect(fixture.sent()).toEqual(['RST_STREAM 3 cancel']);
  });

  it('of bodies whose length is declared', () => {
    const fixture = new ServerFixture();
    const upload = requestBlock('POST', '/', [['content-length', '5000']]);
    fixture.send(headers(1, 0, upload), headers(3, 0, upload), headers(5, 0), headers(7, 0, upload));
    fixture.requests[3]!.takes = false;
    fixture.send(frame('DATA', 0, 7, 'x'));
    for (let now = 1_000; now <= 3_000; now += 500) {
      fixture.nowMs = now;
      fixture.send(frame('DATA', 0, 1, Buffer.alloc(100)));
      fixture.session.sweep(now, deadlines);
    }
    expect(fixture.requests.map(({ aborted }) => aborted)).toEqual([null, 'timeout', null, null]);
  });
});
