import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A backend in the test's own process. */
export class Backend {
  readonly port: number;
  hits: number = 0;
  /** Waits this long before it answers. */
  delayMs: number = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(name: string): Promise<Backend> {
    let backend: Backend | null = null;
    const server = createServer((request, response) => backend!.#answer(name, request, response));
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    backend = new Backend(server);
    return backend;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(name: string, request: IncomingMessage, response: ServerResponse): void {
    this.hits++;
    request.resume();
    setTimeout(() => {
      response.writeHead(200, { 'content-length': 2, 'x-backend': name });
      response.end('ok');
    }, this.delayMs);
  }
}
