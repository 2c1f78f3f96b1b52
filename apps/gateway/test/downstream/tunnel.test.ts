import { createHash } from 'node:crypto';
import { Field, internName, ResponseHead } from '@fairlead/message';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Fixture } from './fixture.ts';
import { pause, type RawClient, until } from './raw-client.ts';
import type { ScriptedExchange } from './scripted-handler.ts';

const upgrade = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n';

describe('a tunnel', () => {
  let fixture: Fixture;
  let client: RawClient;

  beforeEach(async () => {
    fixture = await Fixture.plain();
    client = await fixture.connect();
  });

  afterEach(() => {
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  function accept(exchange: ScriptedExchange): void {
    const head = new ResponseHead(101, []);
    head.upgrade = 'echo';
    exchange.ended = false;
    exchange.stream.sendHead(head, false);
  }

  async function open(): Promise<ScriptedExchange> {
    client.send(upgrade);
    const exchange = await fixture.handler.exchange();
    expect(exchange.head.upgrade).toBe('echo');
    accept(exchange);
    await client.receives('\r\n\r\n');
    return exchange;
  }

  it('carries octets both ways', async () => {
    const exchange = await open();
    expect(client.text).toMatch(/^HTTP\/1\.1 101 [\s\S]*connection: upgrade\r\n/i);
    client.send('GET / HTTP/9.9\r\n\r\n\0raw');
    await until(
      () => exchange.body.endsWith('raw'),
      () => 'raw bytes',
    );
    exchange.send('\0back');
    await client.receives('\0back');
    expect(exchange.ended).toBe(false);
  });

  it('gets what the client sent ahead of the answer, in order', async () => {
    client.send(`${upgrade}early`);
    const exchange = await fixture.handler.exchange();
    await pause(10);
    expect(exchange.body).toBe('');
    accept(exchange);
    client.send(' late');
    await until(
      () => exchange.body === 'early late',
      () => exchange.body,
    );
  });

  it('is not opened by bytes that follow a refused upgrade', async () => {
    client.send(`${upgrade}GET /next HTTP/1.1\r\nHost: a\r\n\r\n`);
    (await fixture.handler.exchange(0)).answer('no', 403);
    const next = await fixture.handler.exchange(1);
    expect(next.head.path).toBe('/next');
    next.answer('yes');
    await client.receives('yes');
  });

  it('can be closed in one direction, by the client', async () => {
    const exchange = await open();
    client.socket.end('last words');
    await until(
      () => exchange.ended,
      () => 'the end',
    );
    expect(exchange.body).toBe('last words');
    exchange.send('and yet');
    await client.receives('and yet');
    exchange.send('', true);
    await client.endsCleanly();
    await until(
      () => fixture.downstream.connectionCount === 0,
      () => 'close',
    );
    expect(exchange.aborted).toBe(null);
  });

  it('can be closed in one direction, by the upstream', async () => {
    const exchange = await open();
    exchange.send('farewell', true);
    await client.endsCleanly();
    expect(client.text).toContain('farewell');
    exchange.send('after the end');
    client.send('still here');
    await until(
      () => exchange.body === 'still here',
      () => exchange.body,
    );
    client.socket.end();
    await until(
      () => exchange.ended,
      () => 'the end',
    );
    await until(
      () => fixture.downstream.connectionCount === 0,
      () => 'close',
    );
    expect(exchange.aborted).toBe(null);
  });

  it('ends with an abort when either side breaks', async () => {
    const exchange = await open();
    client.socket.resetAndDestroy();
    await until(
      () => exchange.aborted === 'client_gone',
      () => 'abort',
    );
    client = await fixture.connect();
    client.send(upgrade);
    const second = await fixture.handler.exchange(1);
    accept(second);
    await client.receives('101');
    second.stream.abort('upstream_gone');
    await client.isReset();
  });

  it('has backpressure in both directions', async () => {
    const exchange = await open();
    exchange.accepts = false;
    exchange.keepsBody = false;
    client.socket.write(Buffer.alloc(16 * 1_024 * 1_024));
    await until(
      () => exchange.bytes > 0,
      () => 'bytes',
    );
    await pause(30);
    expect(exchange.bytes).toBeLessThanOrEqual(65_536);
    exchange.accepts = true;
    exchange.stream.resumeRequest();
    await until(
      () => exchange.bytes === 16 * 1_024 * 1_024,
      () => 'all bytes',
    );
    client.socket.pause();
    while (exchange.send('x'.repeat(65_536)));
    expect(exchange.drained).toBe(0);
    client.socket.resume();
    await until(
      () => exchange.drained === 1,
      () => 'drain',
    );
  });

  it('has no deadline and outlives the start of draining', async () => {
    const exchange = await open();
    fixture.advance(3_600_000);
    fixture.downstream.beginDrain();
    fixture.downstream.stopAccepting();
    fixture.advance(10_000);
    client.send('alive');
    await until(
      () => exchange.body === 'alive',
      () => exchange.body,
    );
    fixture.downstream.closeAll();
    await until(
      () => exchange.aborted === 'client_gone',
      () => 'abort',
    );
  });

  it('carries WebSocket', async () => {
    fixture.handler.script = (exchange) => {
      const field = exchange.head.fields.find(({ name }) => name.name === 'sec-websocket-key')!;
      const accepted = createHash('sha1').update(`${field.value}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      const head = new ResponseHead(101, [new Field(internName('sec-websocket-accept'), accepted)]);
      head.upgrade = 'websocket';
      exchange.stream.sendHead(head, false);
      // An unmasked text frame.
      exchange.send(`\x81\x05hello`);
    };
    const socket = new WebSocket(`ws://127.0.0.1:${fixture.port}/`);
    const message = await new Promise((resolve, reject) => {
      socket.on('message', (data) => resolve(String(data)));
      socket.on('error', reject);
    });
    expect(message).toBe('hello');
    socket.terminate();
  });
});
