import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fixture } from '../downstream/fixture.ts';
import { pause, until } from '../downstream/raw-client.ts';
import { Flag, FrameClient, FrameType, frame, goawayOf, request } from './frame-client.ts';

const anyStream = 2 ** 31 - 1;

describe('leaving a connection', () => {
  let fixture: Fixture;
  let client: FrameClient;

  beforeEach(async () => {
    fixture = await Fixture.plain();
    client = await FrameClient.begin(fixture.port);
    await until(
      () => fixture.downstream.connectionCount === 1 && fixture.downstream.busyCount === 0,
      () => 'SETTINGS',
    );
  });

  afterEach(() => {
    client.close();
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  async function askedToLeave(): Promise<Buffer> {
    expect(goawayOf(await client.receives(FrameType.goaway))).toEqual([anyStream, 0]);
    return (await client.receives(FrameType.ping)).payload;
  }

  function answerPing(payload: Buffer): void {
    client.send(frame(FrameType.ping, Flag.ack, 0, payload));
  }

  it('asks first, and names the last stream once that was read', async () => {
    fixture.downstream.stopAccepting();
    const ping = await askedToLeave();
    // On its way when the question came.
    client.send(request(1));
    const exchange = await fixture.handler.exchange();
    answerPing(ping);
    expect(goawayOf(await client.receives(FrameType.goaway, 2))).toEqual([1, 0]);
    expect(client.ended).toBe(false);
    exchange.answer('served');
    await client.receives(FrameType.data);
    expect(client.body(1)).toBe('served');
    await client.endsCleanly();
  });

  it('refuses streams behind the last, and says so', async () => {
    client.send(request(1));
    const exchange = await fixture.handler.exchange();
    fixture.downstream.stopAccepting();
    answerPing(await askedToLeave());
    await client.receives(FrameType.goaway, 2);
    client.send(request(3));
    const { payload } = await client.receives(FrameType.rstStream, 1, 3);
    expect(payload.readUInt32BE()).toBe(7);
    expect(fixture.handler.exchanges).toHaveLength(1);
    exchange.answer('x');
    await client.endsCleanly();
  });

  it('goes on after a second with a client that does not answer', async () => {
    fixture.downstream.stopAccepting();
    await askedToLeave();
    fixture.advance(900);
    await pause(20);
    expect(client.of(FrameType.goaway)).toHaveLength(1);
    fixture.advance(200);
    expect(goawayOf(await client.receives(FrameType.goaway, 2))).toEqual([0, 0]);
    await client.endsCleanly();
  });

  it('is not misled by the answer to an earlier PING', async () => {
    client.send(request(1));
    await fixture.handler.exchange();
    fixture.advance(31_000);
    const earlier = (await client.receives(FrameType.ping)).payload;
    fixture.downstream.stopAccepting();
    await client.receives(FrameType.goaway);
    const last = (await client.receives(FrameType.ping, 2)).payload;
    answerPing(earlier);
    client.send(request(3));
    await fixture.handler.exchange(1);
    expect(client.of(FrameType.goaway)).toHaveLength(1);
    answerPing(last);
    expect(goawayOf(await client.receives(FrameType.goaway, 2))).toEqual([3, 0]);
  });

  it('begins with a drain where connections are idle, and in use with their next request', async () => {
    const used = await FrameClient.begin(fixture.port);
    fixture.advance(2_000);
    fixture.handler.script = (exchange) => exchange.answer('x');
    used.send(request(1));
    await used.receives(FrameType.data);
    fixture.downstream.beginDrain();
    answerPing(await askedToLeave());
    await client.endsCleanly();
    await pause(20);
    expect(used.of(FrameType.goaway)).toEqual([]);
    used.send(request(3));
    await used.receives(FrameType.data, 1, 3);
    expect(goawayOf(await used.receives(FrameType.goaway))).toEqual([anyStream, 0]);
    used.close();
  });

  it('begins with a drain where streams are open', async () => {
    client.send(request(1));
    const exchange = await fixture.handler.exchange();
    fixture.downstream.beginDrain();
    fixture.advance(200);
    answerPing(await askedToLeave());
    await client.receives(FrameType.goaway, 2);
    exchange.answer('late');
    await client.endsCleanly();
    expect(client.body(1)).toBe('late');
  });

  it('begins when its listener goes away', async () => {
    fixture.downstream.applyBinds(new Map());
    answerPing(await askedToLeave());
    await client.endsCleanly();
  });

  it('begins when it has been idle', async () => {
    fixture.advance(30_100);
    answerPing((await client.receives(FrameType.ping)).payload);
    await until(
      () => fixture.downstream.connectionCount === 1,
      () => 'no close',
    );
    await pause(20);
    fixture.advance(30_100);
    await client.receives(FrameType.goaway);
    answerPing((await client.receives(FrameType.ping, 2)).payload);
    expect(goawayOf(await client.receives(FrameType.goaway, 2))).toEqual([0, 0]);
    await client.endsCleanly();
    client.socket.end();
    await until(
      () => fixture.downstream.connectionCount === 0,
      () => 'close',
    );
  });

  it('ends when the client says that it leaves, after its streams', async () => {
    client.send(request(1));
    const exchange = await fixture.handler.exchange();
    client.send(frame(FrameType.goaway, 0, 0, Buffer.alloc(8)));
    await client.receives(FrameType.goaway);
    exchange.answer('x');
    await client.endsCleanly();
    expect(client.body(1)).toBe('x');
  });

  it('waits for a client that takes its last answer slowly', async () => {
    client.socket.pause();
    const size = 200_000;
    client.send(frame(FrameType.windowUpdate, 0, 0, Buffer.from([0x40, 0, 0, 0])));
    for (let id = 1; id < 60; id += 2) {
      client.send(frame(FrameType.headers, Flag.endHeaders | Flag.endStream, id, requestBlock()));
      client.send(frame(FrameType.windowUpdate, 0, id, Buffer.from([0, 0x40, 0, 0])));
    }
    await fixture.handler.exchange(29);
    for (const exchange of fixture.handler.exchanges) exchange.answer('x'.repeat(size));
    await pause(50);
    fixture.downstream.stopAccepting();
    // The client reads on now and then, each time before it counts as stalled.
    for (let i = 0; i < 12; i++) {
      client.socket.resume();
      await pause(10);
      client.socket.pause();
      fixture.advance(20_000);
    }
    client.socket.resume();
    await client.endsCleanly();
    for (let id = 1; id < 60; id += 2) expect(client.body(id)).toHaveLength(size);
  });

  it('gives up a client that takes nothing', async () => {
    client.socket.pause();
    client.send(frame(FrameType.windowUpdate, 0, 0, Buffer.from([0x40, 0, 0, 0])));
    client.send(request(1), frame(FrameType.windowUpdate, 0, 1, Buffer.from([0x40, 0, 0, 0])));
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    let flows = true;
    while (flows) {
      flows = exchange.send('x'.repeat(1_000_000));
      await pause(1);
    }
    fixture.advance(62_000);
    await until(
      () => fixture.downstream.connectionCount === 0,
      () => 'close',
    );
    expect(exchange.aborted).not.toBeNull();
  });
});

function requestBlock(): Buffer {
  return request(1).subarray(9);
}
