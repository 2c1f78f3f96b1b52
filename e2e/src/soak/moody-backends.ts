import { randomInt } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { constants, createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** What a backend does, by path. */
export const moods = {
  /** All of it, in some pieces. */
  answer: '/answer',
  /** Without waiting for the request's body. */
  early: '/early',
  /** Breaks off before the head. */
  resetBefore: '/reset-before',
  /** Breaks off within the body. */
  resetWithin: '/reset-within',
  /** Takes all of the request, and that is all. */
  never: '/never',
} as const;

/** Octets of a whole answer. */
export const answerBytes = 30_000;
const pieces = 3;
/** Every broken off HTTP/1.1 exchange costs a connection: they come by the hundred. */
const acceptQueue = 4_096;

/** Node ends connections with many resets and refuses streams of those that hold much: for one client, and here come many on one. */
const forManyClients = { streamResetBurst: 1_000_000, streamResetRate: 1_000_000, maxSessionMemory: 256 };

type Answer = ServerResponse & { readonly stream?: { close(code: number): void } };

/** An HTTP/1.1 and an h2c server that answer, are slow, or break off. */
export class MoodyBackends {
  /** Requests neither answered nor broken off. */
  open = 0;
  readonly #http1: Server;
  readonly #h2c: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  private constructor() {
    const listener = (request: IncomingMessage, response: Answer): void => this.#onRequest(request, response);
    this.#http1 = createServer(listener);
    const options = { settings: { maxConcurrentStreams: 200 }, ...forManyClients };
    this.#h2c = createHttp2Server(options, listener as unknown as Parameters<typeof createHttp2Server>[1]);
    this.#h2c.on('session', (session) => {
      this.#sessions.add(session);
      session.on('error', () => {});
      session.on('close', () => this.#sessions.delete(session));
    });
  }

  static async start(): Promise<MoodyBackends> {
    const backends = new MoodyBackends();
    for (const server of [backends.#http1, backends.#h2c]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', acceptQueue, resolve));
    }
    return backends;
  }

  get addresses(): { readonly http1: string; readonly h2c: string } {
    const [http1, h2c] = [this.#http1, this.#h2c].map(
      (server) => `127.0.0.1:${(server.address() as AddressInfo).port}`,
    );
    return { http1: http1!, h2c: h2c! };
  }

  stop(): void {
    this.#http1.closeAllConnections();
    this.#http1.close();
    for (const session of this.#sessions) session.destroy();
    this.#h2c.close();
  }

  #onRequest(request: IncomingMessage, response: Answer): void {
    this.open++;
    response.once('close', () => {
      this.open--;
    });
    request.on('error', () => {});
    response.on('error', () => {});
    request.resume();
    const act = (): void => answer(request.url!, response);
    if (request.url === moods.early) act();
    else request.once('end', () => setTimeout(act, randomInt(20)));
  }
}

function answer(path: string, response: Answer): void {
  if (path === moods.never || response.destroyed) return;
  if (path === moods.resetBefore) {
    breakOff(response);
    return;
  }
  response.writeHead(200, { 'content-length': answerBytes });
  writePiece(response, path === moods.resetWithin ? pieces - 1 : pieces, path);
}

/** Each some milliseconds after the one before. */
function writePiece(response: Answer, left: number, path: string): void {
  if (response.destroyed) return;
  response.write('x'.repeat(answerBytes / pieces));
  if (left > 1) setTimeout(() => writePiece(response, left - 1, path), randomInt(10));
  else if (path === moods.resetWithin) breakOff(response);
  else response.end();
}

function breakOff(response: Answer): void {
  if (response.stream === undefined) response.socket?.resetAndDestroy();
  else response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
}
