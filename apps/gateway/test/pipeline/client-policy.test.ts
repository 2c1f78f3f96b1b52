import type { ClientPolicy } from '@fairlead/routing';
import { describe, expect, it } from 'vitest';
import { ok } from '../support/raw-backend.ts';
import { anyListener, type Site } from '../support/route-builder.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();

async function site(a: ClientPolicy | null, b: ClientPolicy | null, clientPolicy: ClientPolicy | null): Promise<Site> {
  const backend = await scene.backend((socket) => socket.write(ok));
  const listeners = [
    { ...anyListener, id: 'default/gw/a', name: 'a', hostname: 'a.test', clientPolicy: a },
    { ...anyListener, id: 'default/gw/b', name: 'b', hostname: 'b.test', clientPolicy: b },
  ];
  return {
    rules: { r: { backends: [{ backend: 'b' }] } },
    backends: { b: { ports: [backend.port] } },
    listeners,
    clientPolicy,
  };
}

async function statusOf(host: string, path: string): Promise<string> {
  const text = await scene.gateway.exchange(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return text.slice(9, 12);
}

describe('a policy', () => {
  it('of a listener says what is done with encoded slashes, also where the socket is shared', async () => {
    const start = await site({ encodedSlashes: 'keep' }, null, null);
    await scene.start(start);
    expect(await statusOf('a.test', '/x%2fy')).toBe('200');
    expect(await statusOf('b.test', '/x%2fy')).toBe('400');
    const { backends, rules } = start;
    scene.gateway.apply({ ...(await site(null, { encodedSlashes: 'keep' }, null)), backends, rules });
    expect(await statusOf('a.test', '/x%2fy')).toBe('400');
    expect(await statusOf('b.test', '/x%2fy')).toBe('200');
  });

  it('says whose X-Forwarded-For is believed', async () => {
    const start = await site(null, null, null);
    await scene.start(start);
    const request = 'GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n';
    const client = await scene.gateway.connect();
    client.send(request);
    expect(await scene.gateway.record(1)).toMatchObject({ clientAddress: '127.0.0.1' });
    await client.receives('HTTP/1.1 200');
    scene.gateway.apply({ ...start, clientPolicy: { trustedProxies: ['127.0.0.1'] } });
    client.send(request);
    expect(await scene.gateway.record(2)).toMatchObject({ clientAddress: '192.0.2.7' });
  });
});
