import { describe, expect, it } from 'vitest';
import { until } from '../downstream/raw-client.ts';
import { ok, type RawAnswer } from '../support/raw-backend.ts';
import { closedPort, requestText as request, Scene, siteOf } from '../support/scene.ts';

const scene = new Scene();

const good: RawAnswer = (socket) => socket.write(ok);
const breaksOff: RawAnswer = (socket) => socket.destroy();
const says =
  (status: number): RawAnswer =>
  (socket) =>
    socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 3\r\n\r\nbad`);

/** How many of `count` requests, one after the other, got which status. */
async function statuses(count: number, text: string): Promise<Record<string, number>> {
  const texts: string[] = [];
  for (let i = 0; i < count; i++) texts.push(await scene.gateway.exchange(text));
  return countStatuses(texts);
}

/** The same two by two: where there are two endpoints, both are asked. */
async function statusesOfPairs(count: number, text: string): Promise<Record<string, number>> {
  const { gateway } = scene;
  const texts: string[] = [];
  for (let i = 0; i < count; i++) texts.push(...(await Promise.all([gateway.exchange(text), gateway.exchange(text)])));
  return countStatuses(texts);
}

function countStatuses(texts: readonly string[]): Record<string, number> {
  const seen: Record<string, number> = {};
  for (const text of texts) seen[text.slice(9, 12)] = (seen[text.slice(9, 12)] ?? 0) + 1;
  return seen;
}

describe('by default another endpoint is asked once', () => {
  it('when one can not be reached, whatever the method, and gets the body', async () => {
    const b = await scene.backend(good);
    const gateway = await scene.start(siteOf([await closedPort(), b.port]));
    expect(await statusesOfPairs(4, request('POST', 'hello'))).toEqual({ 200: 8 });
    expect(b.received.match(/\r\n\r\nhello/g)?.length).toBe(8);
    expect(gateway.counter('retries')).toBeGreaterThan(0);
  });

  it('when one breaks off before its answer and the method is idempotent', async () => {
    const bad = await scene.backend(breaksOff);
    const b = await scene.backend(good);
    await scene.start(siteOf([bad.port, b.port]));
    expect(await statusesOfPairs(3, request('GET'))).toEqual({ 200: 6 });
    expect(await statusesOfPairs(1, request('PUT', 'x'))).toEqual({ 200: 2 });
    expect(bad.requests).toBeGreaterThan(0);
    expect(b.requests).toBe(8);
  });

  it('not when the method is not', async () => {
    const bad = await scene.backend(breaksOff);
    const other = await scene.backend(breaksOff);
    const gateway = await scene.start(siteOf([bad.port, other.port]), { exposeReason: true });
    expect(await gateway.exchange(request('POST', 'x'))).toMatch(/^HTTP\/1\.1 503 [\s\S]*reason: (closed_early|reset)/);
    expect(bad.requests + other.requests).toBe(1);
  });

  it.each([502, 503])('when one says %i', async (status) => {
    const bad = await scene.backend(says(status));
    const b = await scene.backend(good);
    await scene.start(siteOf([bad.port, b.port]));
    expect(await statusesOfPairs(3, request('GET'))).toEqual({ 200: 6 });
    expect(bad.requests).toBeGreaterThan(0);
  });

  it.each([500, 504, 404])('not when one says %i', async (status) => {
    const bad = await scene.backend(says(status));
    const other = await scene.backend(says(status));
    await scene.start(siteOf([bad.port, other.port]));
    expect(await statuses(1, request('GET'))).toEqual({ [status]: 1 });
    expect(bad.requests + other.requests).toBe(1);
  });

  it('and what it says is what the client gets', async () => {
    const bad = await scene.backend(says(503));
    const other = await scene.backend(says(503));
    const gateway = await scene.start(siteOf([bad.port, other.port]));
    expect(await gateway.exchange(request('GET'))).toMatch(/^HTTP\/1\.1 503 [\s\S]*bad$/);
    expect(bad.requests + other.requests).toBe(2);
    expect(await gateway.record()).toMatchObject({ status: 503, tries: 2, reason: '' });
  });

  it('never the same again', async () => {
    const bad = await scene.backend(says(503));
    const gateway = await scene.start(siteOf([bad.port]));
    expect(await gateway.exchange(request('GET'))).toMatch(/^HTTP\/1\.1 503 [\s\S]*bad$/);
    expect(bad.requests).toBe(1);
  });

  it('within the budget', async () => {
    const bad = await scene.backend(says(503));
    const other = await scene.backend(says(503));
    const gateway = await scene.start(siteOf([bad.port, other.port]), {
      upstream: { retryBudgetRatio: 0, retryBudgetMinPerSecond: 0 },
    });
    expect(await statuses(3, request('GET'))).toEqual({ 503: 3 });
    expect(bad.requests + other.requests).toBe(3);
    expect(gateway.counter('retriesRefused')).toBe(3);
  });

  it('503 is the answer when none can be reached', async () => {
    const gateway = await scene.start(siteOf([await closedPort(), await closedPort()]));
    expect(await gateway.exchange(request('GET'))).toMatch(/^HTTP\/1\.1 503 /);
    expect(await gateway.record()).toMatchObject({ tries: 2, reason: 'connect_refused' });
  });

  it('not once the answer has begun: the client sees that it is cut short', async () => {
    const bad = await scene.backend((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      setTimeout(() => socket.destroy(), 10);
    });
    const gateway = await scene.start(siteOf([bad.port, (await scene.backend(good)).port]));
    await Promise.all([gateway.exchange(request('GET')), gateway.exchange(request('GET'))]);
    const record = gateway.records.find(({ reason }) => reason !== '');
    expect(record).toMatchObject({ status: 200, responseBytes: 4, tries: 1 });
  });
});

describe('a kept-alive connection that closes as it is used', () => {
  /** Answers the first request of each of its first `count` connections and closes as the second arrives. */
  function closing(count: number): RawAnswer {
    return (socket, _request, { index, requests }) => {
      if (index < count && requests === 2) socket.destroy();
      else socket.write(ok);
    };
  }

  it('is replaced by a fresh one to the same endpoint', async () => {
    const b = await scene.backend(closing(1));
    const gateway = await scene.start(siteOf([b.port]), { upstream: { retryAttempts: 0 } });
    expect(await statuses(3, request('GET'))).toEqual({ 200: 3 });
    expect(b.connections.length).toBe(2);
    expect(gateway.counter('retries')).toBe(0);
  });

  it('but not for a request that must not run twice', async () => {
    const b = await scene.backend(closing(1));
    await scene.start(siteOf([b.port]));
    expect(await statuses(1, request('GET'))).toEqual({ 200: 1 });
    expect(await statuses(1, request('POST', 'x'))).toEqual({ 503: 1 });
  });

  it('unless its body is still to come', async () => {
    const b = await scene.backend((socket, text, connection) => {
      if (connection.index === 0) closing(1)(socket, text, connection);
      else socket.once('data', () => socket.write(ok));
    });
    const gateway = await scene.start(siteOf([b.port]));
    expect(await statuses(1, request('GET'))).toEqual({ 200: 1 });
    const client = await gateway.connect();
    client.send('POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\n');
    // The head alone: sent together with the body, nothing would be left for the backend to wait for.
    await until(
      () => b.requests === 3,
      () => 'the head on a fresh connection',
    );
    client.send('hello');
    await client.receives('200 OK');
    await b.receives('\r\n\r\nhello');
  });
});

describe("a rule's own retry", () => {
  const retry = { attempts: 2, backoffMs: 0, codes: [500] };

  it('replaces the default: its codes, its number, any method, the same endpoint if there is no other', async () => {
    const b = await scene.backend((socket, _request, connection) =>
      (connection.index < 2 ? says(500) : good)(socket, '', connection),
    );
    const gateway = await scene.start(siteOf([b.port], { retry }));
    expect(await statuses(1, request('POST', 'again'))).toEqual({ 200: 1 });
    expect(b.received.match(/\r\n\r\nagain/g)?.length).toBe(3);
    expect(await gateway.record()).toMatchObject({ tries: 3, status: 200 });
  });

  it('ends with its last answer', async () => {
    const b = await scene.backend(says(500));
    await scene.start(siteOf([b.port], { retry }));
    expect(await statuses(1, request('GET'))).toEqual({ 500: 1 });
    expect(b.requests).toBe(3);
  });

  it('does not retry what it does not name', async () => {
    const b = await scene.backend(says(503));
    await scene.start(siteOf([b.port], { retry }));
    expect(await statuses(1, request('GET'))).toEqual({ 503: 1 });
    expect(b.requests).toBe(1);
  });

  it('can turn retries off', async () => {
    const b = await scene.backend(breaksOff);
    const other = await scene.backend(breaksOff);
    await scene.start(siteOf([b.port, other.port], { retry: { attempts: 0, backoffMs: 0, codes: [] } }));
    expect(await statuses(1, request('GET'))).toEqual({ 503: 1 });
    expect(b.requests + other.requests).toBe(1);
  });

  it('pauses, and takes the rest of the body meanwhile', async () => {
    const b = await scene.backend((socket, _request, connection) =>
      (connection.index < 1 ? says(500) : good)(socket, '', connection),
    );
    const gateway = await scene.start(siteOf([b.port], { retry: { ...retry, backoffMs: 120 } }));
    const client = await gateway.connect();
    const startedMs = performance.now();
    client.send('PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\nfirst');
    await b.receives('first');
    setTimeout(() => client.send('-last'), 50);
    await client.receives('200 OK');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(120);
    await b.receives('\r\n\r\nfirst-last');
  });
});
