import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** The three backends of examples/quickstart, in one process. Ports as in its services.yaml. */
interface DemoBackend {
  readonly name: string;
  readonly port: number;
  readonly delayMs: number;
  failing: boolean;
}

const backends: DemoBackend[] = [
  { name: 'steady', port: 9101, delayMs: 2, failing: false },
  { name: 'slow', port: 9102, delayMs: 40, failing: false },
  { name: 'flaky', port: 9103, delayMs: 2, failing: false },
];

for (const backend of backends) {
  const server = createServer((request, response) => void answer(backend, request, response));
  server.keepAliveTimeout = 120_000;
  server.on('error', (error: NodeJS.ErrnoException) => {
    console.error(`demo backend "${backend.name}" can't listen on 127.0.0.1:${backend.port}: ${error.code}`);
    process.exit(1);
  });
  server.listen(backend.port, '127.0.0.1');
}

// Ctrl-C reaches the whole terminal; the gateway finishes its requests first, then the parent ends us.
process.on('SIGINT', () => {});
// The parent went away without a signal (killed): do not outlive it.
process.on('disconnect', () => process.exit(0));

async function answer(backend: DemoBackend, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/-/fail' || request.url === '/-/heal') {
    backend.failing = request.url === '/-/fail';
    return reply(response, 200, { backend: backend.name, failing: backend.failing });
  }
  if (backend.failing) return reply(response, 503, { backend: backend.name, error: 'told to fail' });
  await sleep(backend.delayMs);
  const { method, url, headers } = request;
  reply(response, 200, { backend: backend.name, method, path: url, headers });
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
