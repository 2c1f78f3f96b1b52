import { afterEach, describe, expect, it } from 'vitest';
import type { DownstreamSettings } from '../../src/settings.ts';
import { Fixture } from './fixture.ts';
import { pause, type RawClient, until } from './raw-client.ts';

describe('deadlines', () => {
  let fixture: Fixture;

  async function start(settings: Partial<DownstreamSettings>): Promise<RawClient> {
    fixture = await Fixture.plain(settings);
    return fixture.connect();
  }

  afterEach(() => {
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  it('end a connection that stays idle, without an answer', async () => {
    const client = await start({ idleTimeoutMs: 1_000 });
    await until(
      () => fixture.downstream.connectionCount === 1,
      () => 'accept',
    );
    fixture.advance(900);
    await pause(20);
    expect(client.ended).toBe(false);
    fixture.advance(200);
    await client.endsCleanly();
    expect(client.text).toBe('');
    fixture.advance(5_100);
    await until(
      () => client.closed || fixture.downstream.connectionCount === 0,
      () => 'close',
    );
  });

  it('count idle time from the last answer', async () => {
    const client = await start({ idleTimeoutMs: 1_000 });
    fixture.handler.script = (exchange) => exchange.answer('x');
    await until(
      () => fixture.downstream.connectionCount === 1,
      () => 'accept',
    );
    fixture.advance(900);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.receives('x');
    fixture.advance(900);
    await pause(20);
    expect(client.ended).toBe(false);
    fixture.advance(200);
    await client.endsCleanly();
  });

  it('answer 408 to a head that takes too long', async () => {
    const client = await start({ headTimeoutMs: 1_000 });
    client.send('GET / HTTP/1.1\r\n');
    await until(
      () => fixture.downstream.busyCount === 1,
      () => 'the first bytes',
    );
    for (let i = 0; i < 6; i++) {
      client.send(`x-${i}: slow\r\n`);
      await pause(2);
      fixture.advance(200);
    }
    await client.endsCleanly();
    expect(client.text).toMatch(/^HTTP\/1\.1 408 /);
    expect(fixture.handler.exchanges).toHaveLength(0);
    expect(fixture.refused).toEqual(['408 head_timeout']);
  });

  it('do not take blank lines between requests for a head', async () => {
    const client = await start({ headTimeoutMs: 1_000, idleTimeoutMs: 60_000 });
    fixture.handler.script = (exchange) => exchange.answer('x');
    client.send('\r\n');
    await pause(20);
    fixture.advance(5_000);
    client.send('\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.receives('x');
  });

  it('answer 408 to a body below the least rate, and end its exchange', async () => {
    const client = await start({ minBodyBytesPerSecond: 100, bodyGraceMs: 1_000 });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000\r\n\r\n');
    const exchange = await fixture.handler.exchange();
    let sent = 0;
    for (let i = 0; i < 3; i++) {
      client.send('x'.repeat(120));
      sent += 120;
      await until(
        () => exchange.bytes === sent,
        () => 'bytes',
      );
      fixture.advance(1_000);
    }
    expect(exchange.aborted).toBe(null);
    client.send('x'.repeat(50));
    await until(
      () => exchange.bytes === sent + 50,
      () => 'bytes',
    );
    fixture.advance(1_100);
    expect(exchange.aborted).toBe('timeout');
    await client.receives('HTTP/1.1 408');
    await client.endsCleanly();
  });

  it('do not blame the client for a body that is held back, or not yet wanted', async () => {
    const client = await start({ minBodyBytesPerSecond: 100, bodyGraceMs: 1_000 });
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n');
    const held = await fixture.handler.exchange();
    held.accepts = false;
    client.send('xx');
    await until(
      () => held.bytes === 2,
      () => 'bytes',
    );
    fixture.advance(30_000);
    expect(held.aborted).toBe(null);
    held.stream.resumeRequest();
    held.accepts = true;
    fixture.advance(1_100);
    expect(held.aborted).toBe('timeout');

    const expecting = await fixture.connect();
    expecting.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n');
    const waiting = await fixture.handler.exchange(1);
    fixture.advance(30_000);
    expect(waiting.aborted).toBe(null);
  });

  it('cut off a client that takes nothing of its answer', async () => {
    const client = await start({ writeIdleMs: 1_000 });
    client.socket.pause();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    while (exchange.send('x'.repeat(65_536)));
    fixture.advance(900);
    expect(exchange.aborted).toBe(null);
    fixture.advance(300);
    expect(exchange.aborted).toBe('timeout');
    client.socket.resume();
    await client.isReset();
  });

  it('let a client that reads slowly but steadily have its answer', async () => {
    const client = await start({ writeIdleMs: 1_000 });
    client.socket.pause();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    const pump = (): void => {
      while (exchange.send('x'.repeat(65_536)));
    };
    pump();
    exchange.onDrained = pump;
    for (let i = 0; i < 10; i++) {
      const drained = exchange.drained;
      client.socket.resume();
      await until(
        () => exchange.drained > drained,
        () => 'some progress',
      );
      client.socket.pause();
      await pause(5);
      fixture.advance(600);
    }
    expect(exchange.aborted).toBe(null);
  });

  it('leave a request that waits for its answer alone', async () => {
    const client = await start({});
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const exchange = await fixture.handler.exchange();
    fixture.advance(600_000);
    expect(exchange.aborted).toBe(null);
    exchange.answer('at last');
    await client.receives('at last');
  });
});
