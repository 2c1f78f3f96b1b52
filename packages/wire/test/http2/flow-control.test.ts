import { ResponseHead } from '@fairlead/message';
import { describe, expect, it } from 'vitest';
import { Flag, frame, headers, requestBlock, settingsFrame, uint32 } from './raw-frames.ts';
import { ServerFixture } from './server-fixture.ts';

const { endStream, padded } = Flag;

function streamingTo(fixture: ServerFixture, ids: readonly number[]): void {
  for (const id of ids) fixture.send(headers(id, endStream));
  for (const { stream } of fixture.requests) stream.sendHead(new ResponseHead(200, []), false);
  fixture.sent();
}

function widen(id: number, size: number): Buffer {
  return frame('WINDOW_UPDATE', 0, id, uint32(size));
}

/** Octets of DATA for each stream. */
function octets(lines: readonly string[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const line of lines) {
    const [type, id, size] = line.split(' ');
    if (type === 'DATA') sums.set(Number(id), (sums.get(Number(id)) ?? 0) + Number(size));
  }
  return sums;
}

describe('what is sent', () => {
  it('keeps to the window of the stream', () => {
    const fixture = new ServerFixture();
    fixture.send(settingsFrame([4, 10]));
    streamingTo(fixture, [1]);
    const { stream } = fixture.last;
    expect(stream.sendData(Buffer.alloc(10), 0, 10, false)).toBe(true);
    expect(stream.sendData(Buffer.from('0123456789'), 0, 10, false)).toBe(false);
    expect(fixture.sent()).toEqual(['DATA 1 10']);
    expect(fixture.send(widen(1, 4))).toEqual(['DATA 1 4']);
    expect(fixture.last.drained).toBe(0);
    // Nothing waits any more, but the source would only fill the queue again.
    expect(fixture.send(widen(1, 6))).toEqual(['DATA 1 6']);
    expect(fixture.last.drained).toBe(0);
    fixture.send(widen(1, 1));
    expect(fixture.last.drained).toBe(1);
  });

  it('keeps to the window of the connection, and ends behind what waited', () => {
    const fixture = new ServerFixture();
    fixture.send(settingsFrame([4, 1_000_000]));
    streamingTo(fixture, [1]);
    const { stream } = fixture.last;
    expect(stream.sendData(Buffer.alloc(65_536), 0, 65_536, true)).toBe(false);
    expect([...octets(fixture.sent())]).toEqual([[1, 65_535]]);
    expect(fixture.send(widen(0, 5))).toEqual(['DATA 1 1 end']);
    expect(fixture.session.openStreams).toBe(0);
  });

  it('ends without octets although the windows are shut', () => {
    const fixture = new ServerFixture();
    fixture.send(settingsFrame([4, 0]));
    streamingTo(fixture, [1, 3, 5]);
    const [first, second, third] = fixture.requests.map(({ stream }) => stream);
    first!.sendData(Buffer.alloc(0), 0, 0, true);
    second!.sendTrailers([]);
    expect(fixture.sent()).toEqual(['DATA 1 0 end', 'HEADERS 3 end']);
    expect(third!.sendData(Buffer.alloc(1), 0, 1, false)).toBe(false);
    third!.sendTrailers([]);
    expect(fixture.sent()).toEqual([]);
    expect(fixture.send(widen(5, 1))).toEqual(['DATA 5 1', 'HEADERS 5 end']);
  });

  it('sends trailers when all that is left is a source to be told', () => {
    const fixture = new ServerFixture();
    fixture.send(settingsFrame([4, 1]));
    streamingTo(fixture, [1]);
    const { stream } = fixture.last;
    expect(stream.sendData(Buffer.alloc(2), 0, 2, false)).toBe(false);
    fixture.sent();
    expect(fixture.send(widen(1, 1))).toEqual(['DATA 1 1']);
    stream.sendTrailers([]);
    expect(fixture.sent()).toEqual(['HEADERS 1 end']);
  });

  it('follows a first window that changes, also below nothing', () => {
    const fixture = new ServerFixture();
    fixture.send(settingsFrame([4, 10]));
    streamingTo(fixture, [1]);
    fixture.last.stream.sendData(Buffer.alloc(30), 0, 30, false);
    expect(fixture.sent()).toEqual(['DATA 1 10']);
    expect(fixture.send(settingsFrame([4, 3]))).toEqual(['SETTINGS ack']);
    expect(fixture.send(widen(1, 7))).toEqual([]);
    expect(fixture.send(widen(1, 2))).toEqual(['DATA 1 2']);
    expect(fixture.send(settingsFrame([4, 8]))).toEqual(['SETTINGS ack', 'DATA 1 5']);
  });

  it('waits for the socket, frames other than DATA do not', () => {
    const fixture = new ServerFixture();
    streamingTo(fixture, [1]);
    fixture.session.outputBlocked(true);
    expect(fixture.last.stream.sendData(Buffer.alloc(5), 0, 5, false)).toBe(false);
    expect(fixture.send(frame('PING', 0, 0, '12345678'))).toEqual(['PING ack']);
    fixture.output.isDirty = false;
    fixture.session.outputBlocked(false);
    expect(fixture.output.isDirty).toBe(true);
    expect(fixture.last.drained).toBe(0);
    expect(fixture.sent()).toEqual(['DATA 1 5']);
    expect(fixture.last.drained).toBe(1);
  });

  it('gives each stream its turn when the window opens', () => {
    const fixture = new ServerFixture();
    fixture.send(settingsFrame([4, 10_000_000]));
    const ids = [1, 3, 5, 7];
    streamingTo(fixture, ids);
    fixture.requests[0]!.stream.sendData(Buffer.alloc(65_535), 0, 65_535, false);
    for (const { stream } of fixture.requests)
      expect(stream.sendData(Buffer.alloc(200_000), 0, 200_000, false)).toBe(false);
    fixture.sent();
    const sums = octets(fixture.send(widen(0, 16 * 16_384)));
    expect([...sums.values()]).toEqual([65_536, 65_536, 65_536, 65_536]);
  });

  it('does not let a busy stream starve one that joins', () => {
    const fixture = new ServerFixture();
    fixture.send(settingsFrame([4, 100_000_000]));
    streamingTo(fixture, [1, 3]);
    const [busy, late] = fixture.requests.map(({ stream }) => stream);
    busy!.sendData(Buffer.alloc(1_000_000), 0, 1_000_000, false);
    fixture.sent();
    expect(late!.sendData(Buffer.alloc(10), 0, 10, true)).toBe(false);
    expect([...octets(fixture.send(widen(0, 32_768)))].sort()).toEqual([
      [1, 32_758],
      [3, 10],
    ]);
  });

  it('gives up a stream that is given far more than it can send', () => {
    const fixture = new ServerFixture();
    streamingTo(fixture, [1]);
    const { stream } = fixture.last;
    const part = Buffer.alloc(1_000_000);
    let parts = 0;
    for (; parts < 100 && !stream.closed; parts++) stream.sendData(part, 0, part.length, false);
    expect(parts).toBeLessThan(7);
    expect(fixture.last.aborted).toBeNull();
    expect(fixture.sent().at(-1)).toBe('RST_STREAM 1 internalError');
    expect(fixture.last.aborted).toBe('gateway');
  });
});

describe('what is received', () => {
  const part = frame('DATA', 0, 1, Buffer.alloc(16_384));
  const small = { streamWindowBytes: 65_536, maxStreamWindowBytes: 262_144, connectionWindowBytes: 1_048_576 };

  it('opens the window of a stream when half of it was taken, twice as far each time', () => {
    const fixture = new ServerFixture(small);
    fixture.send(headers(1, 0));
    expect(fixture.send(part)).toEqual([]);
    expect(fixture.send(part)).toEqual([`WINDOW_UPDATE 1 ${32_768 + 65_536}`]);
    expect(fixture.send(part, part, part, part)).toEqual([`WINDOW_UPDATE 1 ${65_536 + 131_072}`]);
    expect(fixture.send(part, part, part, part, part, part, part, part)).toEqual(['WINDOW_UPDATE 1 131072']);
  });

  it('gives no credit while a receiver holds back', () => {
    const fixture = new ServerFixture(small);
    fixture.send(headers(1, 0));
    fixture.last.takes = false;
    expect(fixture.send(part, part, part, part)).toEqual([]);
    expect(fixture.send(frame('DATA', 0, 1, 'x'))).toEqual(['RST_STREAM 1 flowControlError']);
    expect(fixture.last.aborted).toBe('protocol_error');
  });

  it('gives credit when the receiver resumes, also within its own call', () => {
    const fixture = new ServerFixture(small);
    fixture.send(headers(1, 0));
    fixture.last.takes = false;
    fixture.send(part, part);
    fixture.last.stream.resumeRequest();
    expect(fixture.sent()).toEqual([`WINDOW_UPDATE 1 ${32_768 + 65_536}`]);
    fixture.last.stream.resumeRequest();
    expect(fixture.sent()).toEqual([]);
    const { last } = fixture;
    last.onRequestData = () => {
      last.stream.resumeRequest();
      return false;
    };
    expect(fixture.send(part, part, part, part)).toEqual([`WINDOW_UPDATE 1 ${65_536 + 131_072}`]);
  });

  it('opens the window of the connection on receipt, for streams that are gone, too', () => {
    const fixture = new ServerFixture({ ...small, streamWindowBytes: 1_000_000, connectionWindowBytes: 65_535 });
    fixture.send(headers(1, 0));
    fixture.last.takes = false;
    expect(fixture.send(part, part)).toEqual(['WINDOW_UPDATE 0 32768']);
    fixture.last.stream.abort('gateway');
    fixture.sent();
    expect(fixture.send(part, part)).toEqual(['WINDOW_UPDATE 0 32768']);
  });

  it('does not open the window of a stream whose end has come', () => {
    const fixture = new ServerFixture(small);
    fixture.send(headers(1, 0));
    expect(fixture.send(part, frame('DATA', endStream, 1, Buffer.alloc(16_384)))).toEqual([]);
  });

  it('counts padding, and gives it back', () => {
    const fixture = new ServerFixture({ ...small, streamWindowBytes: 1_000, maxStreamWindowBytes: 1_000 });
    fixture.send(frame('SETTINGS', 1, 0), headers(1, 0));
    const padding = Buffer.concat([Buffer.of(255), Buffer.alloc(256)]);
    expect(fixture.send(frame('DATA', padded, 1, padding))).toEqual([]);
    expect(fixture.send(frame('DATA', padded, 1, padding))).toEqual(['WINDOW_UPDATE 1 513']);
    expect(fixture.last.body.length).toBe(2);
  });

  it('may be as much as the client presumed before it knew better', () => {
    const fixture = new ServerFixture({ ...small, streamWindowBytes: 100, maxStreamWindowBytes: 100 });
    fixture.send(headers(1, 0));
    fixture.last.takes = false;
    expect(fixture.send(part)).toEqual([]);
    fixture.send(frame('SETTINGS', 1, 0), headers(3, 0, requestBlock('POST')));
    fixture.last.takes = false;
    expect(fixture.send(frame('DATA', 0, 3, Buffer.alloc(101)))).toEqual(['RST_STREAM 3 flowControlError']);
  });
});
