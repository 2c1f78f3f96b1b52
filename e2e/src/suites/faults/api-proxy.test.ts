import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificateFor } from '../../tls-files.ts';
import { ApiProxy } from './api-proxy.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairlead-api-proxy-'));
let api: Server;
let proxy: ApiProxy;
let port: number;
let ca: string;

beforeAll(async () => {
  const files = makeCertificateFor('api.test', directory);
  const cert = readFileSync(files.cert, 'utf8');
  const key = readFileSync(files.key, 'utf8');
  ca = cert;
  api = createServer({ cert, key }, (asked, answer) => {
    answer.write(`${asked.method} ${asked.url} ${asked.headers.authorization ?? ''}\n`);
    if (!asked.url!.includes('watch=1')) answer.end();
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const upstream = new URL(`https://127.0.0.1:${(api.address() as AddressInfo).port}`);
  proxy = new ApiProxy({ upstream, ca, cert, key });
  port = await proxy.listen('127.0.0.1', 0);
});

afterAll(async () => {
  await proxy.close();
  api.closeAllConnections();
  api.close();
  rmSync(directory, { recursive: true });
});

function ask(path: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, ca, headers: { authorization: 'Bearer t' }, agent: false },
      resolve,
    );
    sent.on('error', reject);
    sent.end();
  });
}

async function text(answer: IncomingMessage): Promise<string> {
  let all = '';
  for await (const piece of answer) all += String(piece);
  return all;
}

describe('ApiProxy', () => {
  it('passes requests and their credentials on', async () => {
    expect(await text(await ask('/api'))).toBe('GET /api Bearer t\n');
  });

  it('answers in the place of the API server until told otherwise', async () => {
    proxy.make({ status: 429, retryAfterSeconds: 3 });
    const answer = await ask('/api');
    expect(answer.statusCode).toBe(429);
    expect(answer.headers['retry-after']).toBe('3');
    expect(JSON.parse(await text(answer))).toMatchObject({ kind: 'Status', reason: 'TooManyRequests' });
    proxy.make({ status: 410, watchesOnly: true });
    expect((await ask('/api')).statusCode).toBe(200);
    expect((await ask('/api?watch=1')).statusCode).toBe(410);
    proxy.make({});
    expect((await ask('/api')).statusCode).toBe(200);
  });

  it('delays answers', async () => {
    proxy.make({ delayMs: 60 });
    const startMs = performance.now();
    await ask('/api');
    proxy.make({});
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(59);
  });

  it('cuts a watch in the middle, and counts those it passed on', async () => {
    const before = proxy.watches;
    const watch = await ask('/api?watch=1');
    watch.once('data', () => proxy.cut());
    await expect(text(watch)).rejects.toThrow();
    expect(proxy.watches).toBe(before + 1);
  });

  it('freezes a watch without closing it, and lets new connections pass', async () => {
    const watch = await ask('/api?watch=1');
    let ended = false;
    watch.on('close', () => {
      ended = true;
    });
    watch.on('error', () => {});
    proxy.freeze();
    expect((await ask('/api')).statusCode).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ended).toBe(false);
    watch.destroy();
  });
});
