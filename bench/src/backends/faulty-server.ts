import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Fault, FaultyBackendsReport, FaultyBackendsRequest } from './faulty-backends.ts';

// Started as a process of its own: `faulty-server.ts PORT…`. One server a port, each told by its parent how to behave.
const ports = process.argv.slice(2).map(Number);
const body = JSON.stringify({ pad: 'x'.repeat(1_000) });
const healthyDelayMs = 5;
const slowDelayMs = 100;

class Backend {
  readonly port: number;
  fault: Fault = 'none';
  hits = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(port: number) {
    this.port = port;
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.keepAliveTimeout = 300_000;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.port, '127.0.0.1', resolve));
  }

  become(fault: Fault): void {
    this.fault = fault;
    if (fault !== 'killed') return;
    this.#server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.hits++;
    request.resume();
    if (this.fault === 'hung') return;
    if (this.fault === 'failing') this.#reply(response, 503);
    else setTimeout(() => this.#reply(response, 200), this.fault === 'slow' ? slowDelayMs : healthyDelayMs);
  }

  #reply(response: ServerResponse, status: number): void {
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  }
}

const backends = ports.map((port) => new Backend(port));
process.on('message', (request: FaultyBackendsRequest) => {
  for (const index of request.become?.backends ?? []) backends[index]!.become(request.become!.fault);
  if (request.resetHits) for (const backend of backends) backend.hits = 0;
  process.send!({ hits: backends.map((backend) => backend.hits) } satisfies FaultyBackendsReport);
});
process.on('disconnect', () => process.exit(0));
await Promise.all(backends.map((backend) => backend.listen()));
