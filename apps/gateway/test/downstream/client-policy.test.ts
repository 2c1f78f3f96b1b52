import type { Certificate, ClientPolicy } from '@fairlead/routing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certificate } from './certificates.ts';
import { Fixture, listener } from './fixture.ts';
import { openTls, pause, RawClient, until } from './raw-client.ts';

const padded = (octets: number): string => `GET / HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(octets)}\r\n\r\n`;
const answered = 'HTTP/1.1 200';

let fixture: Fixture;

afterEach(() => {
  fixture.close();
  expect(fixture.faults).toEqual([]);
});

async function opened(count: number): Promise<void> {
  await until(
    () => fixture.downstream.connectionCount === count,
    () => `${count} connections, not ${fixture.downstream.connectionCount}`,
  );
}

describe('a policy on a plain bind', () => {
  const serve = (policy: ClientPolicy | null): Promise<void> =>
    fixture.listen([listener('any', '', null, policy)], policy);

  async function start(policy: ClientPolicy | null): Promise<RawClient> {
    fixture = new Fixture();
    fixture.handler.script = (exchange) => exchange.answer('x');
    await serve(policy);
    const client = await fixture.connect();
    await opened(1);
    return client;
  }

  it('limits heads, and an open connection by what is changed before its next request', async () => {
    const client = await start({ maxHeadBytes: 4_096 });
    client.send(padded(3_000));
    await client.receives(answered);
    client.text = '';
    await serve({ maxHeadBytes: 1_024 });
    client.send(padded(3_000));
    await client.receives('HTTP/1.1 431');
    const other = await fixture.connect();
    await serve(null);
    other.send(padded(10_000));
    await other.receives(answered);
  });

  it('sets idle timeouts: a connection has the one that held when it became idle', async () => {
    const before = await start(null);
    await serve({ idleTimeoutMs: 1_000 });
    const after = await fixture.connect();
    await opened(2);
    fixture.advance(1_100);
    await after.endsCleanly();
    expect(before.ended).toBe(false);
    before.send(padded(1));
    await before.receives(answered);
    fixture.advance(1_100);
    await before.endsCleanly();
  });

  it('goes by the order of deadlines, not of connections, when timeouts differ', async () => {
    const slow = await start({ idleTimeoutMs: 5_000 });
    await serve({ idleTimeoutMs: 1_000 });
    const quick = await fixture.connect();
    await opened(2);
    fixture.advance(1_100);
    await quick.endsCleanly();
    expect(slow.ended).toBe(false);
    fixture.advance(4_000);
    await slow.endsCleanly();
  });

  it('caps connections per client; a lower cap closes none', async () => {
    const first = await start({ maxConnectionsPerClient: 2 });
    const second = await fixture.connect();
    await opened(2);
    await serve({ maxConnectionsPerClient: 1 });
    const third = await fixture.connect();
    await until(
      () => third.closed || third.ended,
      () => 'refusal',
    );
    expect(fixture.refused).toEqual(['0 too_many_connections']);
    for (const client of [first, second]) {
      client.send(padded(1));
      await client.receives(answered);
    }
    await serve({ maxConnectionsPerClient: 1, trustedProxies: ['127.0.0.0/8'] });
    const proxy = await fixture.connect();
    proxy.send(padded(1));
    await proxy.receives(answered);
  });

  it('counts the connections of one client anew for every socket', async () => {
    fixture = new Fixture({ maxConnectionsPerClient: 1 });
    fixture.handler.script = (exchange) => exchange.answer('x');
    await serve(null);
    const other = new Fixture({ maxConnectionsPerClient: 1 });
    other.handler.script = fixture.handler.script;
    await other.listen([listener('any', '', null)]);
    for (const client of [await fixture.connect(), await other.connect()]) {
      client.send(padded(1));
      await client.receives(answered);
    }
    other.close();
  });
});

describe('policies on a TLS bind', () => {
  let certificates: readonly Certificate[];

  beforeAll(async () => {
    certificates = [await certificate(['a.example', 'b.example'])];
  });

  const serve = (a: ClientPolicy | null, b: ClientPolicy | null, socket: ClientPolicy | null = null): Promise<void> =>
    fixture.listen(
      [
        listener('a', 'a.example', { certificates, clientValidation: null }, a),
        listener('b', 'b.example', { certificates, clientValidation: null }, b),
      ],
      socket,
    );

  async function connect(servername: string): Promise<RawClient> {
    return new RawClient(await openTls(fixture.port, { servername }));
  }

  function start(): void {
    fixture = new Fixture();
    fixture.handler.script = (exchange) => exchange.answer('x');
  }

  it('limit each listener by its own, as the handshake has chosen it', async () => {
    start();
    await serve({ maxHeadBytes: 1_024, idleTimeoutMs: 1_000 }, { maxFields: 1 });
    const [a, b] = [await connect('a.example'), await connect('b.example')];
    a.send(padded(3_000));
    await a.receives('HTTP/1.1 431');
    b.send(padded(3_000));
    await b.receives('HTTP/1.1 431');
    expect(fixture.refused).toEqual(['431 head_too_large', '431 too_many_fields']);
    await serve({ maxHeadBytes: 16_384, idleTimeoutMs: 1_000 }, null);
    const [c, d] = [await connect('a.example'), await connect('b.example')];
    for (const client of [c, d]) {
      client.send(padded(3_000));
      await client.receives(answered);
    }
    fixture.advance(1_100);
    await c.endsCleanly();
    expect(d.ended).toBe(false);
  });

  it('cap the connections of each listener after the handshake', async () => {
    start();
    await serve({ maxConnectionsPerClient: 1 }, null);
    const [first, other] = [await connect('a.example'), await connect('b.example')];
    await opened(2);
    const refused = await connect('a.example');
    await until(
      () => refused.closed,
      () => 'refusal',
    );
    expect(fixture.refused).toEqual(['0 too_many_connections']);
    for (const client of [first, other]) {
      client.send(padded(1));
      await client.receives(answered);
    }
  });

  it('leave a connection whose listener is gone to what the socket has', async () => {
    start();
    await serve({ maxHeadBytes: 1_024 }, null);
    const a = await connect('a.example');
    await opened(1);
    const b = listener('b', 'b.example', { certificates, clientValidation: null });
    await fixture.listen([b], { maxHeadBytes: 4_096 });
    a.send(padded(3_000));
    await a.receives(answered);
  });

  it('bound the time of a handshake by what the socket has, from a change on', async () => {
    start();
    await serve(null, null);
    await serve(null, null, { headTimeoutMs: 100 });
    const client = await fixture.connect();
    const startedMs = performance.now();
    await until(
      () => client.closed || client.ended,
      () => 'the end of the handshake',
    );
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    expect(fixture.refused).toEqual(['0 tls_handshake']);
    await pause(1);
  });
});
