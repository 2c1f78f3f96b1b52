import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request was when it came to the backend. */
export interface Echo {
  readonly backend: string;
  readonly method: string;
  readonly url: string;
  /** Names in lower case; repeated fields joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
  readonly bodySha256: string;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A backend that answers with what it was asked; `answers` take its place for some paths. */
export class EchoBackend {
  readonly port: number;
  /** Whole requests, in order. */
  readonly echoes: Echo[] = [];
  /** Requests that were cut off before their end or their answer's. */
  cutOff: number = 0;
  connections: number = 0;
  readonly answers: Map<string, Answer> = new Map();
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(name: string): Promise<EchoBackend> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const backend = new EchoBackend(server);
    server.on('connection', () => backend.connections++);
    // Special answers decide themselves whether they want a body.
    server.on('checkContinue', (request, response) => {
      if (!backend.answers.has(pathOf(request))) response.writeContinue();
      backend.#answer(name, request, response);
    });
    server.on('request', (request, response) => backend.#answer(name, request, response));
    return backend;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(name: string, request: IncomingMessage, response: ServerResponse): void {
    response.on('close', () => {
      if (!response.writableFinished) this.cutOff++;
    });
    request.on('error', () => {});
    const special = this.answers.get(pathOf(request));
    if (special !== undefined) special(request, response);
    else this.#echo(name, request, response);
  }

  #echo(backend: string, request: IncomingMessage, response: ServerResponse): void {
    const hash = createHash('sha256');
    let bodyBytes = 0;
    request.on('data', (bytes: Buffer) => {
      hash.update(bytes);
      bodyBytes += bytes.length;
    });
    request.on('end', () => {
      const { method, url } = request as { readonly method: string; readonly url: string };
      const headers = request.headers as Record<string, string>;
      const echo = { backend, method, url, headers, bodyBytes, bodySha256: hash.digest('hex') };
      this.echoes.push(echo);
      const text = JSON.stringify(echo);
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        'x-backend': backend,
      });
      response.end(text);
    });
  }
}

function pathOf(request: IncomingMessage): string {
  return request.url!.split('?', 1)[0]!;
}
