import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openLoop, percentile } from './open-loop.ts';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function serve(answer: Parameters<typeof createServer>[1]): Promise<number> {
  server = createServer(answer!);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const load = { host: 'a.example.com', path: '/', requestsPerSecond: 200, seconds: 0.5 };

describe('openLoop', () => {
  it('ends every request as an answer or as a named failure', async () => {
    let n = 0;
    const port = await serve((request, response) => {
      n++;
      if (n % 10 === 3) request.socket.resetAndDestroy();
      else if (n % 10 === 5) response.writeHead(503, { 'content-length': 0 }).end();
      else if (n % 10 === 7) response.socket!.end();
      else response.writeHead(200, { 'content-length': 2 }).end('ok');
    });
    const run = await openLoop({ ...load, port });
    expect(run.sent).toBe(100);
    expect(run.succeeded).toBe(70);
    expect(Object.fromEntries(run.failures)).toEqual({ ECONNRESET: 10, 'status 503': 10, closed: 10 });
  });

  it('does not wait for a slow answer before it sends the next request', async () => {
    let open = 0;
    let most = 0;
    const port = await serve((_, response) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        response.writeHead(200, { 'content-length': 0 }).end();
      }, 200);
    });
    const run = await openLoop({ ...load, port });
    expect(run.succeeded).toBe(100);
    expect(most).toBeGreaterThan(20);
    expect(percentile(run.latencies, 50)).toBeGreaterThanOrEqual(195);
  });

  it('ends early when told, with every request accounted for', async () => {
    const port = await serve((_, response) => {
      setTimeout(() => response.writeHead(200, { 'content-length': 0 }).end(), 50);
    });
    const run = await openLoop({ ...load, seconds: 60, port, signal: AbortSignal.timeout(300) });
    expect(run.sent).toBeGreaterThan(20);
    expect(run.sent).toBeLessThan(200);
    expect(run.succeeded).toBe(run.sent);
    expect(run.mostInFlight).toBeGreaterThan(1);
  });

  it('says when nobody listens', async () => {
    const port = await serve(() => {});
    server.close();
    const run = await openLoop({ ...load, port });
    expect(Object.fromEntries(run.failures)).toEqual({ ECONNREFUSED: 100 });
  });
});
