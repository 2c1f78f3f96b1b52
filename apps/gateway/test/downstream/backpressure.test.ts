import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fixture } from './fixture.ts';
import { pause, until } from './raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('backpressure', () => {
  let fixture: Fixture;

  beforeEach(async () => {
    fixture = await Fixture.plain();
  });

  afterEach(() => {
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  it('stops the source while the client does not read, and lets it go on as it does', async () => {
    const client = await fixture.connect();
    client.socket.pause();
    client.send(get);
    const exchange = await fixture.handler.exchange();
    const part = 'x'.repeat(32_768);
    const parts = 1_024;
    let sent = 0;
    const pump = (): void => {
      while (sent < parts) {
        sent++;
        if (!exchange.send(part, sent === parts)) return;
      }
    };
    exchange.onDrained = pump;
    exchange.begin();
    pump();
    await pause(50);
    // What the two sockets' buffers in the kernel take, and no more than 64 KiB and one write beyond.
    expect(sent).toBeLessThan(parts);
    const stopped = sent;
    await pause(50);
    expect(sent).toBe(stopped);
    const before = process.memoryUsage().arrayBuffers;
    client.socket.resume();
    await until(
      () => sent === parts && client.text.endsWith('0\r\n\r\n'),
      () => 'all of it',
    );
    expect(exchange.drained).toBeGreaterThan(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1_024 * 1_024);
  });

  it('pauses the client while its body is not taken', async () => {
    const client = await fixture.connect();
    const size = 32 * 1_024 * 1_024;
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`);
    const exchange = await fixture.handler.exchange();
    exchange.accepts = false;
    exchange.keepsBody = false;
    client.socket.write(Buffer.alloc(size));
    await until(
      () => exchange.bytes > 0,
      () => 'the first bytes',
    );
    await pause(50);
    const held = exchange.bytes;
    expect(held).toBeLessThanOrEqual(65_536);
    await pause(50);
    expect(exchange.bytes).toBe(held);
    exchange.stream.resumeRequest();
    await until(
      () => exchange.bytes > held,
      () => 'some more',
    );
    await pause(50);
    expect(exchange.bytes).toBeLessThanOrEqual(held + 262_144);
    exchange.accepts = true;
    exchange.stream.resumeRequest();
    await until(
      () => exchange.ended,
      () => 'the end',
    );
    expect(exchange.bytes).toBe(size);
    exchange.answer('thanks');
    await client.receives('thanks');
  });

  it('bounds what a client may send ahead', async () => {
    const client = await fixture.connect();
    client.send(get);
    const exchange = await fixture.handler.exchange();
    const more = `GET /${'x'.repeat(900)} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(10_000);
    let written = false;
    client.socket.write(more, () => {
      written = true;
    });
    await pause(100);
    expect(written).toBe(false);
    fixture.handler.script = (next) => next.answer('');
    exchange.answer('');
    await until(
      () => fixture.handler.exchanges.length === 10_001,
      () => `${fixture.handler.exchanges.length}`,
      15_000,
    );
  });

  it('stops reading requests whose answers are not read', async () => {
    const answer = 'y'.repeat(10_000);
    fixture.handler.script = (exchange) => exchange.answer(answer);
    const client = await fixture.connect();
    client.socket.pause();
    const count = 3_000;
    client.send(get.repeat(count));
    await pause(100);
    const stopped = fixture.handler.exchanges.length;
    expect(stopped).toBeLessThan(count);
    await pause(50);
    expect(fixture.handler.exchanges.length).toBe(stopped);
    client.socket.resume();
    await until(
      () => fixture.handler.exchanges.length === count,
      () => 'all requests',
    );
    await until(
      () => client.text.length >= count * answer.length,
      () => 'all answers',
    );
  });
});
