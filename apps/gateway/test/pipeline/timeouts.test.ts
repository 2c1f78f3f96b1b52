import { describe, expect, it } from 'vitest';
import { pause, until } from '../downstream/raw-client.ts';
import { ok, type RawAnswer } from '../support/raw-backend.ts';
import { requestText, Scene, siteOf } from '../support/scene.ts';

const scene = new Scene();

const silent: RawAnswer = () => {};
const good: RawAnswer = (socket) => socket.write(ok);

describe('timeouts', () => {
  it('of the request: 504, and the endpoint is let go', async () => {
    const b = await scene.backend(silent);
    const gateway = await scene.start(siteOf([b.port], { timeouts: { requestMs: 100, backendRequestMs: 0 } }));
    const startedMs = performance.now();
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 504 /);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThanOrEqual(99);
    expect(tookMs).toBeLessThan(250);
    expect(await gateway.record()).toMatchObject({ status: 504, reason: 'request_timeout' });
    await until(
      () => b.sockets[0]!.readableEnded,
      () => 'the end of the connection to the endpoint',
    );
  });

  it('of the request, with the answer begun: cut off', async () => {
    const b = await scene.backend((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'));
    const gateway = await scene.start(siteOf([b.port], { timeouts: { requestMs: 100, backendRequestMs: 0 } }));
    const text = await gateway.exchange(requestText());
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*half$/);
    expect(await gateway.record()).toMatchObject({ status: 200, reason: 'request_timeout', responseBytes: 4 });
  });

  it('of a try: 504, not asked again', async () => {
    const b = await scene.backend(silent);
    const other = await scene.backend(silent);
    const gateway = await scene.start(
      siteOf([b.port, other.port], { timeouts: { requestMs: 0, backendRequestMs: 50 } }),
    );
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 504 /);
    expect(await gateway.record()).toMatchObject({ status: 504, reason: 'backend_timeout', tries: 1 });
  });

  it("of a try, with the rule's own retry: asked again", async () => {
    const b = await scene.backend((socket, _request, connection) => {
      if (connection.index > 0) good(socket, '', connection);
    });
    const gateway = await scene.start(
      siteOf([b.port], {
        timeouts: { requestMs: 2_000, backendRequestMs: 50 },
        retry: { attempts: 1, backoffMs: 0, codes: [] },
      }),
    );
    expect(await gateway.exchange(requestText())).toMatch(/^HTTP\/1\.1 200 /);
    expect(await gateway.record()).toMatchObject({ status: 200, tries: 2 });
  });

  it('of a try ends with the response head: a slow body has time', async () => {
    const b = await scene.backend((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no');
      setTimeout(() => socket.write('k'), 150);
    });
    const gateway = await scene.start(siteOf([b.port], { timeouts: { requestMs: 0, backendRequestMs: 50 } }));
    expect(await gateway.exchange(requestText())).toMatch(/ok$/);
  });
});

describe('an endpoint that hangs', () => {
  it('loses the idempotent requests that wait on it to another', async () => {
    let hangs = false;
    const bad = await scene.backend((socket) => {
      if (!hangs) socket.write(ok);
    });
    const b = await scene.backend(good);
    const gateway = await scene.start(siteOf([bad.port, b.port]));
    // In pairs: one has the other's request in flight, so that both are used.
    for (let i = 0; i < 30; i++) await Promise.all([gateway.exchange(requestText()), gateway.exchange(requestText())]);
    expect(bad.requests).toBeGreaterThan(5);
    hangs = true;
    const startedMs = performance.now();
    const answers: Promise<string>[] = [];
    for (let i = 0; i < 150; i++) {
      answers.push(gateway.exchange(requestText()));
      await pause(4);
    }
    // An endpoint is found hung by the progress of others: they go on until the requests above have their answers.
    let waiting = true;
    const texts = Promise.all(answers).finally(() => {
      waiting = false;
    });
    while (waiting) {
      gateway.exchange(requestText()).catch(() => {});
      await pause(4);
    }
    expect((await texts).every((text) => text.startsWith('HTTP/1.1 200 '))).toBe(true);
    expect(performance.now() - startedMs).toBeLessThan(2_500);
    expect(gateway.records.some(({ tries }) => tries === 2)).toBe(true);
  });
});
