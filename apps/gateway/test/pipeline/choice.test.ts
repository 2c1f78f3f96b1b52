import type { SessionPersistence } from '@fairlead/routing';
import { describe, expect, it } from 'vitest';
import { ok, type RawBackend } from '../support/raw-backend.ts';
import { requestText, Scene, siteOf } from '../support/scene.ts';

const scene = new Scene();

async function named(name: string): Promise<RawBackend> {
  return scene.backend((socket) => socket.write(`HTTP/1.1 200 OK\r\nX-Name: ${name}\r\nContent-Length: 0\r\n\r\n`));
}

function nameIn(text: string): string {
  return /x-name: (\w+)/i.exec(text)![1]!;
}

describe('a weighted split', () => {
  it('is exact over every window, invalid references included', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const gateway = await scene.start({
      rules: {
        r: {
          backends: [
            { backend: 'a', weight: 5 },
            { backend: 'b', weight: 3 },
            { backend: null, weight: 2 },
          ],
        },
      },
      backends: { a: { ports: [a.port] }, b: { ports: [b.port] } },
    });
    for (let i = 0; i < 40; i++) await gateway.exchange(requestText());
    expect([a.requests, b.requests]).toEqual([20, 12]);
    expect(gateway.records.filter(({ status }) => status === 500).length).toBe(8);
  });
});

describe('a session', () => {
  const policy: SessionPersistence = {
    type: 'cookie',
    name: 'stay',
    path: '',
    absoluteTimeoutMs: 0,
    idleTimeoutMs: 0,
    lifetime: 'session',
  };

  it('stays with its endpoint by cookie', async () => {
    const backends = [await named('a'), await named('b'), await named('c')];
    const gateway = await scene.start(
      siteOf(
        backends.map(({ port }) => port),
        { sessionPersistence: policy },
      ),
    );
    const first = await gateway.exchange(requestText());
    const [, cookie] = /set-cookie: (stay=[^;]+); Path=\/; HttpOnly; SameSite=Lax\r\n/i.exec(first)!;
    expect(cookie).not.toMatch(/127|\d{5}/);
    for (let i = 0; i < 12; i++) {
      const text = await gateway.exchange(requestText('GET', '', `Cookie: other=1; ${cookie}\r\n`));
      expect(nameIn(text)).toBe(nameIn(first));
      expect(text).not.toMatch(/set-cookie/i);
    }
  });

  it('stays by header, across the backends of a split', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const gateway = await scene.start({
      rules: {
        r: {
          sessionPersistence: { ...policy, type: 'header', name: 'x-stay' },
          backends: [{ backend: 'a' }, { backend: 'b' }],
        },
      },
      backends: { a: { ports: [a.port] }, b: { ports: [b.port] } },
    });
    const first = await gateway.exchange(requestText());
    const [, value] = /x-stay: (\S+)/i.exec(first)!;
    for (let i = 0; i < 6; i++) {
      const text = await gateway.exchange(requestText('GET', '', `X-Stay: ${value}\r\n`));
      expect(nameIn(text)).toBe(nameIn(first));
    }
  });

  it('moves when its endpoint is gone, and ignores what is none of ours', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const gateway = await scene.start(siteOf([a.port], { sessionPersistence: policy }));
    const [, cookie] = /set-cookie: (stay=[^;]+)/i.exec(await gateway.exchange(requestText()))!;
    gateway.apply(siteOf([b.port], { sessionPersistence: policy }));
    const moved = await gateway.exchange(requestText('GET', '', `Cookie: ${cookie}\r\n`));
    expect(nameIn(moved)).toBe('b');
    expect(moved).toMatch(/set-cookie: stay=/i);
    expect(await gateway.exchange(requestText('GET', '', 'Cookie: stay=../../x.1.2\r\n'))).toMatch(
      /set-cookie: stay=/i,
    );
  });
});

describe('a change of configuration', () => {
  it('keeps the connections of endpoints that stay, and closes those of the ones that leave', async () => {
    const [a, b] = [await named('a'), await named('b')];
    const gateway = await scene.start(siteOf([a.port, b.port]));
    // One has the other's request in flight, so that both are used.
    await Promise.all([gateway.exchange(requestText()), gateway.exchange(requestText())]);
    expect([a.connections.length, b.connections.length]).toEqual([1, 1]);
    gateway.apply(siteOf([a.port], { timeouts: { requestMs: 5_000, backendRequestMs: 0 } }));
    for (let i = 0; i < 4; i++) expect(nameIn(await gateway.exchange(requestText()))).toBe('a');
    expect(a.connections.length).toBe(1);
    expect(b.sockets[0]!.readableEnded).toBe(true);
  });

  it('lets requests in flight at an endpoint that leaves finish, then closes their connection', async () => {
    const slow = await scene.backend((socket) => setTimeout(() => socket.write(ok), 60));
    const gateway = await scene.start(siteOf([slow.port]));
    const answer = gateway.exchange(requestText());
    await slow.receives('GET');
    gateway.apply({ rules: {}, backends: {} });
    expect(await answer).toMatch(/ok$/);
    expect(slow.sockets[0]!.readableEnded).toBe(true);
    expect(gateway.counter('upstreamConnectionsOpen')).toBe(0);
  });
});
