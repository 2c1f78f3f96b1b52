import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attackedPaths } from './attack.ts';

const quickBody = 'x'.repeat(1_024);
const largeBody: Buffer = Buffer.alloc(4 * 2 ** 20, 'x');

/** An HTTP/1.1 server behind the target, which counts what reaches it. */
export class AttackBackend {
  hits = 0;
  /** Neither answered nor aborted. */
  open = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#onRequest(request, response));
  }

  static async start(): Promise<AttackBackend> {
    const backend = new AttackBackend();
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (request.url !== bystanderPath) this.hits++;
    this.open++;
    response.once('close', () => {
      this.open--;
    });
    if (request.url === attackedPaths.hanging) return;
    const body = request.url === attackedPaths.large ? largeBody : quickBody;
    request.resume();
    request.on('error', () => {});
    request.on('end', () => response.writeHead(200, { 'content-length': body.length }).end(body));
  }
}

/** Asked for by those who do no harm. */
export const bystanderPath = '/bystander';
