import { type ClientHttp2Session, connect } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import { Scene } from '../support/scene.ts';
import { Http2Endpoint, h2c, type OnStream } from './http2-server.ts';

const scene = new Scene();

/** Each answer takes some time: without, what is measured of endpoints in this process is noise. */
async function endpoints(count: number, delayMs: number = 0): Promise<Http2Endpoint[]> {
  const answer: OnStream = (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('ok');
  };
  const answerLater: OnStream = (stream, headers) => void setTimeout(() => answer(stream, headers), delayMs);
  return await Promise.all(
    Array.from({ length: count }, () => Http2Endpoint.start(scene, delayMs > 0 ? answerLater : answer)),
  );
}

function client(): ClientHttp2Session {
  const session = connect(scene.gateway.url);
  session.on('error', () => {});
  scene.onEnd(() => session.destroy());
  return session;
}

/** Resolves with the status; 0 when it failed. */
function call(session: ClientHttp2Session): Promise<number> {
  return new Promise((resolve) => {
    const stream = session.request({ ':method': 'POST', ':path': '/call' });
    let status = 0;
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0;
    });
    stream.on('error', () => resolve(0));
    stream.on('close', () => resolve(stream.rstCode === 0 ? status : 0));
    stream.resume();
    stream.end('x');
  });
}

/** `count` calls, `width` at a time; how many did not get 200. */
async function calls(session: ClientHttp2Session, count: number, width: number): Promise<number> {
  let left = count;
  let failed = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (left-- > 0) if ((await call(session)) !== 200) failed++;
    }),
  );
  return failed;
}

describe('the calls of one HTTP/2 connection', () => {
  it('spread over all endpoints, each 17 to 23 %', async () => {
    const all = await endpoints(5, 8);
    const gateway = await scene.start(h2c(all.map(({ port }) => port)));
    const count = 10_000;
    expect(await calls(client(), count, 50)).toBe(0);
    const shares = all.map(({ streams }) => streams / count);
    expect(Math.min(...shares)).toBeGreaterThan(0.17);
    expect(Math.max(...shares)).toBeLessThan(0.23);
    expect(gateway.counter('connectionsOpen')).toBeLessThanOrEqual(1);
    expect(all.every(({ sessions }) => sessions.length === 1)).toBe(true);
  }, 30_000);

  it('lose none to an endpoint that leaves, nor to one that shuts down', async () => {
    const all = await endpoints(4);
    const ports = all.map(({ port }) => port);
    const gateway = await scene.start(h2c(ports));
    const done = calls(client(), 3_000, 10);
    await until(
      () => all[0]!.streams > 100,
      () => 'some calls',
    );
    gateway.apply(h2c(ports.slice(1)));
    await until(
      () => all[1]!.streams > 300,
      () => 'more calls',
    );
    // GOAWAY first, and no new connections; what it has is served.
    all[1]!.server.close();
    for (const session of all[1]!.sessions) session.close();
    expect(await done).toBe(0);
    expect(all[0]!.sessions.every((session) => session.closed)).toBe(true);
  }, 30_000);

  it('give an endpoint that becomes ready its share within 2 s', async () => {
    const all = await endpoints(5);
    const ports = all.map(({ port }) => port);
    const gateway = await scene.start(h2c(ports.slice(0, 4)));
    let failed = 0;
    let running = true;
    const session = client();
    const load = (async () => {
      while (running) failed += await calls(session, 50, 5);
    })();
    await pause(500);
    gateway.apply(h2c(ports));
    await pause(2_000);
    const before = all.map(({ streams }) => streams);
    await pause(1_000);
    running = false;
    await load;
    const gained = all.map(({ streams }, i) => streams - before[i]!);
    expect(failed).toBe(0);
    expect(gained[4]! / gained.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(0.15);
  }, 30_000);
});
