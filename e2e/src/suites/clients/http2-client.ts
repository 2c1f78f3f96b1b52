import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import type { Answer, OneConnection, Target } from './one-connection.ts';

const timeoutMs = 10_000;

/** What is sent and how an answer is judged: a GET, or a gRPC call. */
export interface Http2Exchange {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Empty when it is a success. */
  failureOf(head: IncomingHttpHeaders, trailers: IncomingHttpHeaders): string;
}

export const httpGet: Http2Exchange = {
  headers: { ':method': 'GET', ':path': '/' },
  body: Buffer.alloc(0),
  failureOf(head) {
    const status = Number(head[':status']);
    return status >= 200 && status < 300 ? '' : `status ${status}`;
  },
};

/**
 * A unary call with an empty message (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md): one channel as gRPC libraries open
 * it, which is one HTTP/2 connection.
 */
export const grpcCall: Http2Exchange = {
  headers: {
    ':method': 'POST',
    ':path': '/fairlead.e2e.Echo/Echo',
    'content-type': 'application/grpc',
    te: 'trailers',
  },
  body: Buffer.alloc(5),
  failureOf(head, trailers) {
    if (Number(head[':status']) !== 200) return `status ${head[':status']}`;
    const status = trailers['grpc-status'] ?? head['grpc-status'] ?? 'missing';
    return status === '0' ? '' : `grpc-status ${status}`;
  },
};

/** HTTP/2 without TLS, one stream at a time; a connection that says GOAWAY is replaced before the next request. */
export class Http2Client implements OneConnection {
  connections = 0;
  readonly #target: Target;
  readonly #exchange: Http2Exchange;
  #session: ClientHttp2Session | null = null;

  constructor(target: Target, exchange: Http2Exchange) {
    this.#target = target;
    this.#exchange = exchange;
  }

  ask(): Promise<Answer> {
    const { headers, body, failureOf } = this.#exchange;
    const fields = { ':authority': this.#target.host, ':scheme': 'http', ...headers };
    return new Promise((resolve) => {
      const stream = this.#open().request(fields, { endStream: body.length === 0 });
      let head: IncomingHttpHeaders = {};
      let trailers: IncomingHttpHeaders = {};
      let error: NodeJS.ErrnoException | null = null;
      stream.setTimeout(timeoutMs, () => stream.destroy(new Error('timeout')));
      stream.on('response', (fields) => {
        head = fields;
      });
      stream.on('trailers', (fields) => {
        trailers = fields;
      });
      stream.on('error', (reason: NodeJS.ErrnoException) => {
        error = reason;
      });
      stream.on('close', () => {
        const broken = error?.code ?? error?.message ?? (head[':status'] === undefined ? 'no answer' : '');
        const failure = broken || failureOf(head, trailers);
        resolve({ ok: failure === '', backend: failure === '' ? String(head['x-backend'] ?? '') : '', failure });
      });
      stream.resume();
      if (body.length > 0) stream.end(body);
    });
  }

  close(): void {
    this.#session?.destroy();
    this.#session = null;
  }

  #open(): ClientHttp2Session {
    if (this.#session !== null && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = connect(`http://${this.#target.address}:${this.#target.port}`);
    this.connections++;
    // Each request hears of it by its own stream.
    session.on('error', () => {});
    session.on('goaway', () => {
      if (this.#session === session) this.#session = null;
      session.close();
    });
    this.#session = session;
    return session;
  }
}
