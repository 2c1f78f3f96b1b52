import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificate } from './certificates.ts';
import { Fixture, listener } from './fixture.ts';
import { openTls, pause, RawClient, until } from './raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('draining', () => {
  let fixture: Fixture;

  beforeEach(async () => {
    fixture = await Fixture.plain();
  });

  afterEach(() => {
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  it('closes connections that nobody uses at once, and those in use with their next answer', async () => {
    const unused = await fixture.connect();
    await until(
      () => fixture.downstream.connectionCount === 1,
      () => 'accept',
    );
    fixture.advance(2_000);
    fixture.handler.script = (exchange) => exchange.answer('x');
    const used = await fixture.connect();
    used.send(get);
    await used.receives('x');
    fixture.downstream.beginDrain();
    await unused.endsCleanly();
    await pause(20);
    expect(used.ended).toBe(false);
    used.send(get);
    await used.receives('connection: close');
    await used.endsCleanly();
  });

  it('goes on accepting, with one answer per connection', async () => {
    fixture.downstream.beginDrain();
    fixture.handler.script = (exchange) => exchange.answer('late');
    const client = await fixture.connect();
    client.send(get);
    await client.receives('late');
    expect(client.text).toContain('connection: close');
    await client.endsCleanly();
  });

  it('closes connections that were in use and are not any more', async () => {
    fixture.handler.script = (exchange) => exchange.answer('x');
    const client = await fixture.connect();
    client.send(get);
    await client.receives('x');
    fixture.downstream.beginDrain();
    fixture.advance(1_200);
    await client.endsCleanly();
  });

  it('finishes what is in flight after accepting has stopped', async () => {
    const client = await fixture.connect();
    client.send(get);
    const exchange = await fixture.handler.exchange();
    const idle = await fixture.connect();
    await until(
      () => fixture.downstream.connectionCount === 2,
      () => 'accept',
    );
    const port = fixture.port;
    fixture.downstream.beginDrain();
    fixture.downstream.stopAccepting();
    await idle.endsCleanly();
    await expect(RawClient.open(port)).rejects.toThrow('ECONNREFUSED');
    exchange.answer('finished');
    await client.endsCleanly();
    expect(client.text).toContain('finished');
    client.socket.end();
    idle.socket.end();
    await until(
      () => fixture.downstream.connectionCount === 0,
      () => 'close',
    );
  });

  it('cuts off what is left at the end', async () => {
    const client = await fixture.connect();
    client.send(get);
    const exchange = await fixture.handler.exchange();
    fixture.downstream.closeAll();
    await until(
      () => exchange.aborted === 'client_gone',
      () => 'abort',
    );
    expect(fixture.downstream.connectionCount).toBe(0);
  });
});

describe('binds', () => {
  it('that go away take idle connections with them and let requests finish', async () => {
    const fixture = await Fixture.plain();
    const busy = await fixture.connect();
    busy.send(get);
    const exchange = await fixture.handler.exchange();
    const idle = await fixture.connect();
    await until(
      () => fixture.downstream.connectionCount === 2,
      () => 'accept',
    );
    fixture.downstream.applyBinds(new Map());
    await idle.endsCleanly();
    exchange.answer('done');
    await busy.receives('done');
    await busy.endsCleanly();
    fixture.close();
  });

  it('that change keep their connections', async () => {
    const fixture = await Fixture.plain();
    fixture.handler.script = (exchange) => exchange.answer(String(exchange.stream.peer.server.version));
    const client = await fixture.connect();
    client.send(get);
    await client.receives('\r\n\r\n0');
    const port = fixture.port;
    await fixture.listen([listener('a', 'a.example', null), listener('b', '*.example', null)]);
    expect(fixture.port).toBe(port);
    client.send(get);
    await client.receives('\r\n\r\n1');
    expect(fixture.handler.exchanges[1]!.stream.peer.server.names.select('b.example')?.name).toBe('b');
    fixture.close();
  });

  it('that become secure let plain connections finish', async () => {
    const fixture = await Fixture.plain();
    const client = await fixture.connect();
    client.send(get);
    const exchange = await fixture.handler.exchange();
    const certificates = [await certificate(['a.example'])];
    const secure = listener('any', '', { certificates, clientValidation: null });
    await fixture.listen([secure]);
    await until(
      () => fixture.binds.length === 2,
      () => 'the second bind',
    );
    exchange.answer('plain');
    await client.receives('plain');
    await client.endsCleanly();
    fixture.handler.script = (next) => next.answer('secure');
    const socket = new RawClient(await openTls(fixture.port, {}));
    socket.send(get);
    await socket.receives('secure');
    fixture.close();
  });

  it('of a port in use say so and come up when it is free', async () => {
    const first = await Fixture.plain();
    const port = first.port;
    const second = new Fixture();
    const listeners = [listener('any', '', null)];
    const bind = { key: 'k', address: '127.0.0.1', port, secure: false, listeners, clientPolicy: null };
    // Without SO_REUSEPORT on the second.
    const { createServer } = await import('node:net');
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const taken = (blocker.address() as { port: number }).port;
    second.downstream.applyBinds(new Map([['k', { ...bind, port: taken }]]));
    await until(
      () => second.binds.length === 1,
      () => 'an error',
    );
    expect(second.binds[0]).toBe('EADDRINUSE');
    blocker.close();
    await until(
      () => second.binds.includes(null),
      () => 'the port',
    );
    first.close();
    second.close();
  });
});

describe('connections per client', () => {
  it('are bounded, and count again when one has closed', async () => {
    const fixture = await Fixture.plain({ maxConnectionsPerClient: 2 });
    const first = await fixture.connect();
    await fixture.connect();
    await until(
      () => fixture.downstream.connectionCount === 2,
      () => 'accept',
    );
    const third = await fixture.connect();
    await until(
      () => third.closed || third.ended,
      () => 'refusal',
    );
    expect(fixture.refused).toEqual(['0 too_many_connections']);
    first.close();
    await until(
      () => fixture.downstream.connectionCount === 1,
      () => 'close',
    );
    fixture.handler.script = (exchange) => exchange.answer('welcome');
    const fourth = await fixture.connect();
    fourth.send(get);
    await fourth.receives('welcome');
    expect(fixture.handler.exchanges[0]!.stream.peer.address).toBe('127.0.0.1');
    fixture.close();
  });

  it('are not bounded for trusted proxies', async () => {
    const fixture = await Fixture.plain({ maxConnectionsPerClient: 1, trustedProxies: ['127.0.0.0/8'] });
    for (let i = 0; i < 4; i++) await fixture.connect();
    await until(
      () => fixture.downstream.connectionCount === 4,
      () => 'accept',
    );
    fixture.close();
  });
});
