import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** A port of loopback that nobody listens on, outside the range that the system gives to outgoing connections. */
export async function freePort(): Promise<number> {
  const port = 10_000 + randomInt(20_000);
  return (await isFree(port)) ? port : freePort();
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
