import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { Certificate, ClientValidation, Listener } from '@fairlead/routing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sameValidation } from '../../src/data/client-validation.ts';
import { type Authority, authority, certificate } from './certificates.ts';
import { Fixture, listener } from './fixture.ts';
import { openTls, pause, RawClient, until } from './raw-client.ts';

const get = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n';

let ca: Authority;
let otherCa: Authority;
let forA: Certificate;
let forWildcard: Certificate;
let forB: Certificate;
let renewedA: Certificate;
let good: Certificate;
let bad: Certificate;

beforeAll(async () => {
  [ca, otherCa] = await Promise.all([authority('one'), authority('two')]);
  [forA, forWildcard, forB, renewedA, good, bad] = await Promise.all([
    certificate(['a.example']),
    certificate(['*.example']),
    certificate(['b.test', 'other.test']),
    certificate(['a.example']),
    certificate(['client'], ca),
    certificate(['client'], otherCa),
  ]);
});

function secure(
  hostname: string,
  certificates: readonly Certificate[],
  clientValidation: ClientValidation | null = null,
): Listener {
  return listener(hostname === '' ? 'any' : hostname, hostname, { certificates, clientValidation });
}

function commonName(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN);
}

async function fails(port: number, options: ConnectionOptions): Promise<string> {
  try {
    const socket = await openTls(port, options);
    // TLS 1.3: a client that is not accepted learns it after its handshake.
    const client = new RawClient(socket);
    client.send(get);
    await until(
      () => client.closed,
      () => 'refusal',
    );
    return client.text === '' ? `closed ${client.error}` : 'answered';
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

describe('TLS', () => {
  let fixture: Fixture;

  async function start(listeners: readonly Listener[], ticketKeys?: Uint8Array): Promise<Fixture> {
    const started = new Fixture({}, ticketKeys);
    started.handler.script = (exchange) => exchange.answer('hello');
    await started.listen(listeners);
    return started;
  }

  async function answers(socket: TLSSocket): Promise<RawClient> {
    const client = new RawClient(socket);
    client.send(get);
    await client.receives('hello');
    return client;
  }

  afterEach(() => {
    fixture.close();
    expect(fixture.faults).toEqual([]);
  });

  it('serves the certificate of the name: exact, wildcard, and the first of the listener', async () => {
    fixture = await start([secure('a.example', [forA]), secure('', [forB, forWildcard])]);
    const served = async (servername: string): Promise<string> => {
      const socket = await openTls(fixture.port, servername === '' ? {} : { servername });
      const name = commonName(socket);
      socket.destroy();
      return name;
    };
    expect(await served('a.example')).toBe('a.example');
    expect(await served('A.Example')).toBe('a.example');
    expect(await served('c.example')).toBe('*.example');
    expect(await served('other.test')).toBe('b.test');
    expect(await served('unknown.test')).toBe('b.test');
    expect(await served('')).toBe('b.test');
  });

  it('tells the pipeline what the handshake settled', async () => {
    fixture = await start([secure('a.example', [forA]), secure('b.test', [forB])]);
    const socket = await openTls(fixture.port, { servername: 'a.example' });
    expect(socket.alpnProtocol).toBe('http/1.1');
    await answers(socket);
    const exchange = fixture.handler.exchanges[0]!;
    expect(exchange.head.scheme).toBe('https');
    expect(exchange.stream.peer.tls).toEqual({
      serverName: 'a.example',
      listenerId: 'default/gw/a.example',
      validation: null,
    });
    expect(exchange.stream.peer.server.names.select('b.test')?.id).toBe('default/gw/b.test');
    socket.destroy();
  });

  it('ends the handshake of a name that no listener serves, and of a protocol it does not speak', async () => {
    fixture = await start([secure('a.example', [forA])]);
    expect(await fails(fixture.port, { servername: 'b.test' })).not.toBe('answered');
    expect(await fails(fixture.port, { servername: 'a.example', ALPNProtocols: ['spdy/3'] })).toContain('ALERT');
    expect(await fails(fixture.port, { servername: 'a.example', maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).not.toBe(
      'answered',
    );
    const plain = await RawClient.open(fixture.port);
    plain.send(get);
    await until(
      () => plain.closed || plain.ended,
      () => 'close',
    );
    expect(plain.text).not.toContain('HTTP');
    await answers(await openTls(fixture.port, { servername: 'a.example', ALPNProtocols: [] }));
  });

  it('changes certificates without touching connections', async () => {
    fixture = await start([secure('', [forA])]);
    const before = await openTls(fixture.port, { servername: 'a.example' });
    const client = await answers(before);
    await fixture.listen([secure('', [renewedA])]);
    for (const servername of ['a.example', undefined]) {
      const after = await openTls(fixture.port, servername === undefined ? {} : { servername });
      const fingerprint = after.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase();
      expect(fingerprint).toBe(renewedA.fingerprint);
      after.destroy();
    }
    client.send(get);
    await until(
      () => client.text.split('hello').length === 3,
      () => 'an answer on the old connection',
    );
    before.destroy();
  });

  it('keeps the certificate it has when the new one is broken', async () => {
    fixture = await start([secure('', [forA])]);
    const broken = { ...renewedA, certPem: 'rubbish', fingerprint: 'x' };
    await fixture.listen([secure('', [broken])]);
    const socket = await openTls(fixture.port, {});
    expect(commonName(socket)).toBe('a.example');
    socket.destroy();
    expect(await fails(fixture.port, { servername: 'a.example' })).not.toBe('answered');
  });

  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    it(`resumes a session of ${version} at another worker`, async () => {
      const ticketKeys = randomBytes(48);
      const options = { servername: 'a.example', maxVersion: version };
      fixture = await start([secure('', [forA])], ticketKeys);
      const other = await start([secure('', [forA])], ticketKeys);
      const stranger = await start([secure('', [forA])]);
      const first = await openTls(fixture.port, options);
      const ticket = version === 'TLSv1.3' ? once(first, 'session') : null;
      await answers(first);
      const session = ticket === null ? first.getSession()! : ((await ticket)[0] as Buffer);
      for (const [worker, resumed] of [
        [other, true],
        [stranger, false],
      ] as const) {
        const second = await openTls(worker.port, { ...options, session });
        expect(second.isSessionReused()).toBe(resumed);
        await answers(second);
        second.destroy();
      }
      first.destroy();
      other.close();
      stranger.close();
    });
  }

  it('asks for client certificates as each listener wants it', async () => {
    const validOnly: ClientValidation = { caPems: [ca.cert], mode: 'AllowValidOnly' };
    const fallback: ClientValidation = { caPems: [ca.cert], mode: 'AllowInsecureFallback' };
    fixture = await start([
      secure('strict.test', [forB], validOnly),
      secure('lax.test', [forB], fallback),
      secure('open.test', [forB]),
    ]);
    const withGood = { cert: good.certPem, key: good.keyPem };
    const withBad = { cert: bad.certPem, key: bad.keyPem };
    const result = async (servername: string, options: ConnectionOptions): Promise<string> =>
      (await fails(fixture.port, { ...options, servername })) === 'answered' ? 'in' : 'out';
    const answering = async (servername: string, options: ConnectionOptions): Promise<void> => {
      const socket = await openTls(fixture.port, { ...options, servername });
      await answers(socket);
      socket.destroy();
    };
    await answering('strict.test', withGood);
    expect(await result('strict.test', withBad)).toBe('out');
    expect(await result('strict.test', {})).toBe('out');
    await answering('lax.test', withGood);
    await answering('lax.test', withBad);
    await answering('lax.test', {});
    await answering('open.test', {});
    const validations = fixture.handler.exchanges.map((exchange) => exchange.stream.peer.tls?.validation ?? null);
    expect(validations).toEqual([validOnly, fallback, fallback, fallback, null]);
    expect(sameValidation(validations[0]!, structuredClone(validOnly))).toBe(true);
    expect(sameValidation(validOnly, fallback)).toBe(false);
  });

  it('does not ask for a certificate where the listener does not', async () => {
    fixture = await start([
      secure('strict.test', [forB], { caPems: [ca.cert], mode: 'AllowValidOnly' }),
      secure('open.test', [forB]),
    ]);
    const asked = async (servername: string): Promise<boolean> => {
      let seen = false;
      const socket = await openTls(fixture.port, {
        servername,
        cert: good.certPem,
        key: good.keyPem,
        maxVersion: 'TLSv1.2',
      });
      await answers(socket);
      const exchange = fixture.handler.exchanges.at(-1)!;
      seen = exchange.stream.peer.tls?.validation !== null;
      socket.destroy();
      return seen;
    };
    expect(await asked('strict.test')).toBe(true);
    expect(await asked('open.test')).toBe(false);
  });

  it('never resumes a session where client certificates are asked for', async () => {
    const ticketKeys = randomBytes(48);
    fixture = await start([secure('', [forA])], ticketKeys);
    for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
      const first = await openTls(fixture.port, { servername: 'a.example', maxVersion });
      const ticket = maxVersion === 'TLSv1.3' ? once(first, 'session') : null;
      await answers(first);
      const session = ticket === null ? first.getSession()! : ((await ticket)[0] as Buffer);
      first.destroy();
      // The same bind now asks for certificates: a ticket from before must not stand for one.
      await fixture.listen([secure('', [forA], { caPems: [ca.cert], mode: 'AllowValidOnly' })]);
      expect(await fails(fixture.port, { servername: 'a.example', maxVersion, session })).not.toBe('answered');
      const proper = await openTls(fixture.port, {
        servername: 'a.example',
        maxVersion,
        session,
        cert: good.certPem,
        key: good.keyPem,
      });
      expect(proper.isSessionReused()).toBe(false);
      await answers(proper);
      const again = proper.getSession();
      if (again !== undefined) {
        const withCertificate = { session: again, cert: good.certPem, key: good.keyPem };
        const resumed = await openTls(fixture.port, { servername: 'a.example', maxVersion, ...withCertificate });
        expect(resumed.isSessionReused()).toBe(false);
        resumed.destroy();
      }
      proper.destroy();
      await fixture.listen([secure('', [forA])]);
    }
  });

  it('half-closes, breaks off and refuses like a plain connection', async () => {
    fixture = await start([secure('', [forA])]);
    fixture.handler.script = () => {};
    const half = await openTls(fixture.port, {});
    const client = new RawClient(half);
    client.send(get);
    const first = await fixture.handler.exchange(0);
    half.end();
    await pause(20);
    first.answer('to a half-closed client');
    await client.receives('half-closed client');
    await until(
      () => client.closed,
      () => 'close',
    );

    const cut = new RawClient(await openTls(fixture.port, {}));
    cut.send(get);
    const second = await fixture.handler.exchange(1);
    second.begin();
    second.send('part');
    await cut.receives('part');
    second.stream.abort('upstream_gone');
    await until(
      () => cut.closed,
      () => 'close',
    );
    expect(cut.text).not.toContain('0\r\n\r\n');

    const gone = await openTls(fixture.port, {});
    gone.write(get);
    const third = await fixture.handler.exchange(2);
    gone.destroy();
    for (let i = 0; i < 6 && third.aborted === null; i++) {
      await pause(10);
      fixture.advance(100);
    }
    expect(third.aborted).toBe('client_gone');

    const malformed = new RawClient(await openTls(fixture.port, {}));
    malformed.send('GET / HTTP/1.1\r\n\r\n');
    await malformed.endsCleanly();
    expect(malformed.text).toContain('HTTP/1.1 400');
  });

  it('has backpressure', async () => {
    fixture = await start([secure('', [forA])]);
    fixture.handler.script = () => {};
    const client = new RawClient(await openTls(fixture.port, {}));
    client.socket.pause();
    client.send(get);
    const exchange = await fixture.handler.exchange();
    let sent = 0;
    const total = 600;
    const pump = (): void => {
      while (sent < total) if (!exchange.send('x'.repeat(32_768), ++sent === total)) return;
    };
    exchange.onDrained = pump;
    exchange.begin();
    pump();
    await pause(50);
    expect(sent).toBeLessThan(total);
    client.socket.resume();
    await until(
      () => client.text.endsWith('0\r\n\r\n'),
      () => 'all of it',
    );
    expect(client.text.length).toBeGreaterThan(total * 32_768);
  });

  it('is not ended by handshakes that break off', async () => {
    fixture = await start([secure('', [forA])]);
    for (let i = 0; i < 20; i++) {
      const client = await RawClient.open(fixture.port);
      client.send(i % 2 === 0 ? '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' : 'garbage\r\n\r\n');
      if (i % 3 === 0) client.socket.resetAndDestroy();
      else client.socket.end();
    }
    await answers(await openTls(fixture.port, {}));
  });

  it('counts connections from before their handshake', async () => {
    fixture = new Fixture({ maxConnectionsPerClient: 1 });
    fixture.handler.script = (exchange) => exchange.answer('hello');
    await fixture.listen([secure('', [forA])]);
    const silent = await RawClient.open(fixture.port);
    await pause(20);
    expect(await fails(fixture.port, {})).not.toBe('answered');
    expect(fixture.refused).toEqual(['0 too_many_connections']);
    silent.socket.resetAndDestroy();
    await pause(20);
    await answers(await openTls(fixture.port, {}));
  });
});
