import { ResponseHead } from '@fairlead/message';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fixture } from './fixture.ts';
import { pause, until } from './raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a message cut short', () => {
  let fixture: Fixture;

  beforeEach(async () => {
    fixture = await Fixture.plain();
  });

  afterEach(() => {
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  it('by a client that resets: its exchange ends at once', async () => {
    const client = await fixture.connect();
    client.send(get);
    const exchange = await fixture.handler.exchange();
    client.socket.resetAndDestroy();
    await until(
      () => exchange.aborted !== null,
      () => 'abort',
      500,
    );
    expect(exchange.aborted).toBe('client_gone');
    expect(fixture.downstream.connectionCount).toBe(0);
  });

  it('by a client that closes in the middle of its body', async () => {
    const client = await fixture.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    const exchange = await fixture.handler.exchange();
    client.socket.end();
    await until(
      () => exchange.aborted !== null,
      () => 'abort',
      500,
    );
    expect(exchange.aborted).toBe('client_gone');
    expect(exchange.ended).toBe(false);
  });

  it('by a client that closes while it waits: found out by asking', async () => {
    const client = await fixture.connect();
    client.send(get);
    const exchange = await fixture.handler.exchange();
    client.close();
    for (let i = 0; i < 5 && exchange.aborted === null; i++) {
      await pause(10);
      fixture.advance(100);
    }
    expect(exchange.aborted).toBe('client_gone');
  });

  it('by a client that closes during a silent response', async () => {
    const client = await fixture.connect();
    client.send(get);
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    exchange.send('event');
    await client.receives('event');
    client.close();
    await pause(20);
    fixture.advance(1_100);
    expect(exchange.aborted).toBe('client_gone');
  });

  it('not by a client that has closed its direction only: it gets its answer, however late', async () => {
    const client = await fixture.connect();
    client.socket.end(get);
    const exchange = await fixture.handler.exchange();
    for (let i = 0; i < 8; i++) {
      await pause(10);
      fixture.advance(1_000);
    }
    expect(exchange.aborted).toBe(null);
    exchange.answer('patience');
    await client.endsCleanly();
    expect(client.text).toMatch(/^(HTTP\/1\.1 100 Continue\r\n\r\n)+HTTP\/1\.1 200 [\s\S]*patience$/);
    await until(
      () => client.closed,
      () => 'close',
    );
  });

  it('not by a half-closing client that is answered soon, of HTTP/1.0, or with pipelined requests', async () => {
    const soon = await fixture.connect();
    soon.socket.end(get);
    (await fixture.handler.exchange(0)).answer('soon');
    await soon.endsCleanly();
    expect(soon.text).not.toContain(' 100 ');

    const old = await fixture.connect();
    old.socket.end('GET / HTTP/1.0\r\n\r\n');
    const exchange = await fixture.handler.exchange(1);
    await pause(10);
    fixture.advance(20_000);
    exchange.answer('old');
    await old.endsCleanly();
    expect(old.text).toMatch(/^HTTP\/1\.1 200 [\s\S]*old$/);

    const many = await fixture.connect();
    many.socket.end(get + get);
    (await fixture.handler.exchange(2)).answer('one');
    (await fixture.handler.exchange(3)).answer('two');
    await many.endsCleanly();
    expect(many.text).toMatch(/one[\s\S]*two$/);
  });

  it('not by a half-closing client that receives a long response', async () => {
    const client = await fixture.connect();
    client.socket.end(get);
    const exchange = await fixture.handler.exchange();
    exchange.begin();
    for (let i = 0; i < 6; i++) {
      exchange.send(`part ${i} `);
      await pause(5);
      fixture.advance(700);
    }
    exchange.send('last', true);
    await client.endsCleanly();
    expect(client.text).toContain('part 5');
  });

  it('by the upstream within a body: never a clean end', async () => {
    const chunked = await fixture.connect();
    chunked.send(get);
    const first = await fixture.handler.exchange(0);
    first.begin();
    first.send('part');
    await chunked.receives('part');
    first.stream.abort('upstream_gone');
    await chunked.isReset();
    expect(first.aborted).toBe(null);

    const closeDelimited = await fixture.connect();
    closeDelimited.send('GET / HTTP/1.0\r\n\r\n');
    const second = await fixture.handler.exchange(1);
    second.begin();
    second.send('part');
    await closeDelimited.receives('part');
    second.stream.abort('upstream_gone');
    await closeDelimited.isReset();
  });

  it('before anything was answered', async () => {
    const client = await fixture.connect();
    client.send(get);
    const exchange = await fixture.handler.exchange();
    exchange.stream.sendHead(new ResponseHead(200, []), false);
    exchange.stream.abort('timeout');
    await client.isReset();
    expect(client.text).toBe('');
  });

  it('by a client between two requests: nobody is told', async () => {
    fixture.handler.script = (exchange) => exchange.answer('x');
    const client = await fixture.connect();
    client.send(get);
    await client.receives('x');
    client.socket.end();
    await client.endsCleanly();
    await until(
      () => fixture.downstream.connectionCount === 0,
      () => 'close',
    );
    const silent = await fixture.connect();
    silent.socket.end('GET / HT');
    await silent.endsCleanly();
    expect(silent.text).toBe('');
  });
});
