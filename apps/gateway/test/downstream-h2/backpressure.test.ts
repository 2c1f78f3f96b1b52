import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fixture } from '../downstream/fixture.ts';
import { pause, until } from '../downstream/raw-client.ts';
import { Flag, FrameClient, FrameType, frame, request } from './frame-client.ts';

const part = 'x'.repeat(16_384);
const wide = Buffer.from([0x3f, 0, 0, 0]);

describe('backpressure over HTTP/2', () => {
  let fixture: Fixture;
  let client: FrameClient;

  beforeEach(async () => {
    fixture = await Fixture.plain();
    client = await FrameClient.begin(fixture.port);
  });

  afterEach(() => {
    client.close();
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  it('stops the source while a window is shut, and lets it go on as it opens', async () => {
    client.send(request(1));
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    let sent = 0;
    for (; exchange.send(part); sent++) if (sent > 100) throw new Error('never stopped');
    await pause(20);
    expect(client.body(1)).toHaveLength(65_535);
    expect(exchange.drained).toBe(0);
    const credit = Buffer.from([0, 1, 0, 0]);
    client.send(frame(FrameType.windowUpdate, 0, 0, credit), frame(FrameType.windowUpdate, 0, 1, credit));
    await until(
      () => exchange.drained === 1,
      () => 'drain',
    );
    expect(exchange.send('', true)).toBe(true);
    await until(
      () => client.body(1).length === (sent + 1) * part.length,
      () => 'all of it',
    );
  });

  it('stops all sources while the socket is behind, without one stream keeping back another', async () => {
    client.socket.pause();
    client.send(frame(FrameType.windowUpdate, 0, 0, wide));
    const ids = [1, 3, 5, 7];
    for (const id of ids) client.send(request(id), frame(FrameType.windowUpdate, 0, id, wide));
    await fixture.handler.exchange(3);
    await pause(20);
    const sent = ids.map(() => 0);
    for (const [i, exchange] of fixture.handler.exchanges.entries()) {
      exchange.begin();
      while (exchange.send(part)) {
        sent[i]!++;
        if (sent[i]! % 8 === 0) await new Promise(setImmediate);
      }
      sent[i]!++;
    }
    // A few megabytes are in buffers of the system.
    expect(sent.reduce((sum, count) => sum + count)).toBeLessThan(2_000);
    for (const exchange of fixture.handler.exchanges) exchange.onDrained = () => exchange.send('', true);
    client.socket.resume();
    for (const [i, id] of ids.entries()) {
      await until(
        () => client.of(FrameType.data, id).some(({ flags }) => (flags & Flag.endStream) !== 0),
        () => `the end of ${id}`,
      );
      expect(client.body(id)).toHaveLength(sent[i]! * part.length);
    }
  });

  it('gives no credit for what was not taken, and all of it afterwards', async () => {
    client.send(request(1, { ':method': 'POST' }, Flag.endHeaders));
    const exchange = await fixture.handler.exchange();
    exchange.accepts = false;
    exchange.keepsBody = false;
    for (let i = 0; i < 4; i++) client.send(frame(FrameType.data, 0, 1, Buffer.alloc(16_000)));
    await until(
      () => exchange.bytes === 64_000,
      () => 'the window',
    );
    await pause(20);
    expect(client.of(FrameType.windowUpdate, 1)).toEqual([]);
    exchange.accepts = true;
    exchange.stream.resumeRequest();
    // The window grows with its use.
    expect((await client.receives(FrameType.windowUpdate, 1, 1)).payload.readUInt32BE()).toBe(64_000 + 65_536);
  });

  it('of one upload holds up no other', async () => {
    client.send(request(1, { ':method': 'POST' }, Flag.endHeaders), request(3, { ':method': 'POST' }, Flag.endHeaders));
    const [held, free] = [await fixture.handler.exchange(), await fixture.handler.exchange(1)];
    held.accepts = false;
    free.keepsBody = false;
    for (let i = 0; i < 4; i++) client.send(frame(FrameType.data, 0, 1, Buffer.alloc(16_000)));
    let window = 65_535;
    for (let sent = 0; sent < 300; sent++) {
      await until(
        () => window + credit(client, 3) >= 16_000,
        () => 'credit',
      );
      client.send(frame(FrameType.data, 0, 3, Buffer.alloc(16_000)));
      window -= 16_000;
    }
    await until(
      () => free.bytes === 4_800_000,
      () => 'the upload',
    );
    expect(held.bytes).toBe(64_000);
  });
});

function credit(client: FrameClient, stream: number): number {
  return client.of(FrameType.windowUpdate, stream).reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0);
}
