import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ApiProxyOptions {
  /** The API server. */
  readonly upstream: URL;
  /** PEM: whom to believe that it is the API server. */
  readonly ca: string;
  /** PEM: what the proxy shows. */
  readonly cert: string;
  readonly key: string;
}

/** What the proxy does to requests; none of it is the harmless proxy. */
export interface Trouble {
  /** Answered in place of the API server. */
  readonly status?: 401 | 410 | 429 | 500;
  /** With the status: seconds in Retry-After. */
  readonly retryAfterSeconds?: number;
  /** The status is for watches only. */
  readonly watchesOnly?: boolean;
  /** Each answer begins that much later. */
  readonly delayMs?: number;
}

/**
 * Stands between a gateway and its API server and makes trouble: it answers in its place, slowly, or cuts or freezes connections. HTTP/1.1
 * over TLS on both sides; whoever asks is passed on by the token in the request.
 */
export class ApiProxy {
  /** Watches that were passed on so far. */
  watches = 0;
  readonly #options: ApiProxyOptions;
  readonly #agent: Agent;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #trouble: Trouble = {};

  constructor(options: ApiProxyOptions) {
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, ca: options.ca });
    const tls = { cert: options.cert, key: options.key, ALPNProtocols: ['http/1.1'] };
    this.#server = createServer(tls, (asked, answer) => void this.#handle(asked, answer));
    this.#server.on('secureConnection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on; an empty object ends it. */
  make(trouble: Trouble): void {
    this.#trouble = trouble;
  }

  /** Breaks all connections. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Nothing passes on the connections of now any more, in either direction, and nobody closes them. New connections are as usual. */
  freeze(): void {
    for (const socket of this.#sockets) {
      socket.pause();
      socket.cork();
    }
  }

  async close(): Promise<void> {
    this.cut();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const isWatch = /[?&]watch=(1|true)/.test(asked.url ?? '');
    const { status, retryAfterSeconds, watchesOnly = false, delayMs = 0 } = this.#trouble;
    if (delayMs > 0) await sleep(delayMs);
    if (status !== undefined && (isWatch || !watchesOnly)) {
      asked.resume();
      refuse(answer, status, retryAfterSeconds);
      return;
    }
    if (isWatch) this.watches++;
    this.#pass(asked, answer);
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { upstream } = this.#options;
    const headers = { ...asked.headers, host: upstream.host };
    const options = { method: asked.method ?? 'GET', path: asked.url ?? '/', headers, agent: this.#agent };
    const passed = request(upstream, options, (given) => {
      answer.writeHead(given.statusCode!, given.headers);
      answer.flushHeaders();
      given.pipe(answer);
      given.on('error', () => answer.destroy());
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  }
}

/** As the API server says it: a Status object. */
function refuse(answer: ServerResponse, code: number, retryAfterSeconds: number | undefined): void {
  const reasons: Readonly<Record<number, string>> = {
    401: 'Unauthorized',
    410: 'Expired',
    429: 'TooManyRequests',
    500: 'InternalError',
  };
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: reasons[code],
    code,
    message: 'trouble',
  };
  if (retryAfterSeconds !== undefined) answer.setHeader('retry-after', String(retryAfterSeconds));
  answer.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(status));
}
