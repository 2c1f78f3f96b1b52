import { afterEach, describe, expect, it } from 'vitest';
import { type DownstreamSettings, defaultSettings } from '../../src/settings.ts';
import { Fixture } from '../downstream/fixture.ts';
import { pause, until } from '../downstream/raw-client.ts';
import { Flag, FrameClient, FrameType, frame, preface, request, settings } from './frame-client.ts';

const initialWindow = 4;
const cancel = 8;

let fixture: Fixture;
let client: FrameClient;

afterEach(() => {
  client.close();
  fixture.close();
  expect(fixture.faults).toEqual([]);
});

async function begin(changed: Partial<DownstreamSettings> = {}, ...pairs: readonly number[]): Promise<void> {
  fixture = await Fixture.plain(changed);
  client = await FrameClient.begin(fixture.port, ...pairs);
  await until(
    () => fixture.downstream.busyCount === 0,
    () => 'SETTINGS',
  );
  // What was sent last is read before the clock moves.
  await pause(10);
}

function keepAlive(pingIdleMs: number): Partial<DownstreamSettings> {
  return { idleTimeoutMs: 600_000, http2: { ...defaultSettings.downstream.http2, pingIdleMs, pingTimeoutMs: 2_000 } };
}

describe('a client that is silent', () => {
  it.each([
    ['with a request in progress', true],
    ['that is idle', false],
  ])('%s is asked whether it lives, and closed when it does not answer', async (_what, busy) => {
    await begin(keepAlive(5_000));
    if (busy) client.send(request(1));
    if (busy) await fixture.handler.exchange();
    fixture.advance(4_800);
    await pause(20);
    expect(client.of(FrameType.ping)).toEqual([]);
    fixture.advance(400);
    await client.receives(FrameType.ping);
    fixture.advance(1_700);
    expect(fixture.downstream.connectionCount).toBe(1);
    fixture.advance(600);
    await until(
      () => fixture.downstream.connectionCount === 0,
      () => 'close',
    );
    expect(fixture.refused).toEqual(['0 ping_timeout']);
    if (busy) expect(fixture.handler.exchanges[0]!.aborted).toBe('client_gone');
  });

  it('stays while it answers, for as long as a connection may be idle', async () => {
    await begin(keepAlive(5_000));
    let answered = 0;
    for (let i = 0; i < 100; i++) {
      fixture.advance(1_000);
      await pause(2);
      const pings = client.of(FrameType.ping);
      for (; answered < pings.length; answered++) {
        client.send(frame(FrameType.ping, Flag.ack, 0, pings[answered]!.payload));
      }
    }
    expect(answered).toBeGreaterThan(10);
    expect(fixture.downstream.connectionCount).toBe(1);
    expect(client.ended).toBe(false);
  });

  it('is not asked where that is turned off', async () => {
    await begin(keepAlive(0));
    client.send(request(1));
    await fixture.handler.exchange();
    fixture.advance(500_000);
    await pause(20);
    expect(client.of(FrameType.ping)).toEqual([]);
  });
});

describe('a deadline ends', () => {
  it('a connection whose SETTINGS do not come', async () => {
    fixture = await Fixture.plain();
    client = await FrameClient.open(fixture.port);
    client.send(preface);
    await client.receives(FrameType.settings);
    fixture.advance(9_000);
    expect(client.of(FrameType.goaway)).toEqual([]);
    fixture.advance(2_100);
    expect((await client.receives(FrameType.goaway)).payload.readUInt32BE(4)).toBe(4);
    await client.endsCleanly();
    expect(fixture.refused).toEqual(['0 block_timeout']);
  });

  it.each([
    ['a field block without its end', request(1, {}, Flag.endStream)],
    ['half a frame', request(1).subarray(0, 30)],
    ['half the head of a frame', request(1).subarray(0, 5)],
  ])('a connection that stops in %s', async (_what, part) => {
    await begin();
    client.send(part);
    await until(
      () => fixture.downstream.busyCount === 1,
      () => 'the part',
    );
    fixture.advance(11_100);
    await client.receives(FrameType.goaway);
    expect(fixture.refused).toEqual(['0 block_timeout']);
  });

  it('not one that sends whole frames, cut as they may be', async () => {
    await begin();
    fixture.handler.script = (exchange) => exchange.answer('x');
    for (let id = 1; id < 20; id += 2) {
      const octets = request(id);
      client.send(octets.subarray(0, 12));
      await pause(2);
      fixture.advance(6_000);
      client.send(octets.subarray(12));
      await client.receives(FrameType.data, 1, id);
    }
    expect(fixture.refused).toEqual([]);
  });

  it('a body of declared length that comes too slowly, and no other stream', async () => {
    await begin();
    client.send(request(1, { ':method': 'POST', 'content-length': '10000' }, Flag.endHeaders), request(3));
    const [slow, other] = [await fixture.handler.exchange(), await fixture.handler.exchange(1)];
    for (let i = 0; i < 25; i++) {
      client.send(frame(FrameType.data, 0, 1, Buffer.from('x')));
      await pause(1);
      fixture.advance(1_000);
    }
    expect((await client.receives(FrameType.rstStream, 1, 1)).payload.readUInt32BE()).toBe(cancel);
    expect(slow.aborted).toBe('timeout');
    other.answer('fine');
    await client.receives(FrameType.data, 1, 3);
  });

  it('a stream that the client opens no window for, and no other', async () => {
    await begin({}, initialWindow, 0);
    client.send(request(1), request(3));
    const [shut, other] = [await fixture.handler.exchange(), await fixture.handler.exchange(1)];
    shut.begin();
    expect(shut.send('never')).toBe(false);
    for (let i = 0; i < 62; i++) {
      client.send(frame(FrameType.ping, 0, 0, Buffer.alloc(8)));
      await pause(1);
      fixture.advance(1_000);
    }
    expect((await client.receives(FrameType.rstStream, 1, 1)).payload.readUInt32BE()).toBe(cancel);
    expect(shut.aborted).toBe('timeout');
    client.send(frame(FrameType.windowUpdate, 0, 3, Buffer.from([0, 0, 1, 0])));
    other.answer('fine');
    await client.receives(FrameType.data, 1, 3);
    expect(client.body(3)).toBe('fine');
  });

  it('no stream that is silent for a good reason', async () => {
    await begin();
    client.send(request(1, { ':method': 'POST' }, Flag.endHeaders));
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    for (let i = 0; i < 60; i++) {
      fixture.advance(10_000);
      client.send(frame(FrameType.ping, 0, 0, Buffer.alloc(8)));
      await pause(1);
    }
    client.send(frame(FrameType.data, Flag.endStream, 1, Buffer.from('at last')));
    await until(
      () => exchange.ended,
      () => 'the end',
    );
    exchange.send('and so', true);
    await client.receives(FrameType.data);
    expect(client.body(1)).toBe('and so');
  });
});

describe('limits of the listener', () => {
  it('hold for the connections that are made', async () => {
    await begin({ http2: { ...defaultSettings.downstream.http2, maxConcurrentStreams: 2 } });
    client.send(request(1), request(3), request(5));
    expect((await client.receives(FrameType.rstStream, 1, 5)).payload.readUInt32BE()).toBe(7);
    expect(fixture.handler.exchanges).toHaveLength(2);
    expect(settings(3, 2).subarray(9)).toEqual(client.of(FrameType.settings)[0]!.payload.subarray(0, 6));
  });
});
