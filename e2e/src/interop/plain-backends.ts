import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** One HTTP/1.1 and one h2c server on loopback. Both read what comes and answer 200 with 1 KiB. */
export class PlainBackends {
  readonly #http1: Server;
  readonly #h2c: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  private constructor() {
    const body = 'x'.repeat(1_024);
    const answer: RequestListener = (request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(200, { 'content-length': body.length }).end(body));
    };
    this.#http1 = createServer(answer);
    this.#h2c = createHttp2Server(answer as unknown as Parameters<typeof createHttp2Server>[1]);
    this.#h2c.on('session', (session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
    });
  }

  static async start(): Promise<PlainBackends> {
    const backends = new PlainBackends();
    for (const server of [backends.#http1, backends.#h2c]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4_096, resolve));
    }
    return backends;
  }

  get http1(): string {
    return addressOf(this.#http1);
  }

  get h2c(): string {
    return addressOf(this.#h2c);
  }

  stop(): void {
    this.#http1.closeAllConnections();
    this.#http1.close();
    for (const session of this.#sessions) session.destroy();
    this.#h2c.close();
  }
}

function addressOf(server: { address(): AddressInfo | string | null }): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
