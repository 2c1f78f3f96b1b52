import type { Listener } from '@fairlead/routing';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificate } from '../downstream/certificates.ts';
import { openTls, until } from '../downstream/raw-client.ts';
import { ok } from '../support/raw-backend.ts';
import { anyListener, type Site } from '../support/route-builder.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();

let listeners: readonly Listener[];

beforeAll(async () => {
  listeners = await Promise.all(
    ['a.test', '*.b.test'].map(async (hostname) => {
      const tls = { certificates: [await certificate([hostname])], clientValidation: null };
      return { ...anyListener, id: `default/gw/${hostname}`, name: hostname, hostname, tls };
    }),
  );
});

async function site(): Promise<Site> {
  const b = await scene.backend((socket) => socket.write(ok));
  return { rules: { r: { backends: [{ backend: 'b' }] } }, backends: { b: { ports: [b.port] } }, listeners };
}

async function statusOf(servername: string, host: string): Promise<string> {
  const socket = await openTls(scene.gateway.port, { servername });
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.latin1Slice();
  });
  socket.on('error', () => {});
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  await until(
    () => text.includes('\r\n\r\n'),
    () => `an answer: ${text}`,
  );
  socket.destroy();
  return text.slice(9, 12);
}

describe('a request over TLS', () => {
  it.each([
    ['a.test', 'a.test', '200'],
    ['x.b.test', 'y.b.test', '200'],
    ['a.test', 'x.b.test', '421'],
    ['x.b.test', 'a.test', '421'],
    ['a.test', 'elsewhere.test', '404'],
  ])('with SNI %s for %s: %s', async (servername, host, status) => {
    await scene.start(await site());
    expect(await statusOf(servername, host)).toBe(status);
    expect(await scene.gateway.record()).toMatchObject({ status: Number(status), scheme: 'https' });
  });
});
