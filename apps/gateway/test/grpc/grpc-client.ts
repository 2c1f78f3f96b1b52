import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { until } from '../downstream/raw-client.ts';
import type { Scene } from '../support/scene.ts';

type Fields = Readonly<Record<string, string>>;

/** A gRPC client as far as the wire goes, by node:http2; messages are left uninterpreted. */
export class GrpcClient {
  readonly #connection: ClientHttp2Session;

  constructor(scene: Scene) {
    this.#connection = connect(scene.gateway.url);
    this.#connection.on('error', () => {});
    scene.onEnd(() => this.#connection.destroy());
  }

  /** Begins a call. */
  open(path: string = '/test.Echo/Call', fields: Fields = {}): GrpcCallInProgress {
    const head = { ':method': 'POST', ':path': path, te: 'trailers', 'content-type': 'application/grpc', ...fields };
    return new GrpcCallInProgress(this.#connection.request(head));
  }

  /** One message, and all that comes back. */
  async unary(path?: string, fields?: Fields): Promise<GrpcCallInProgress> {
    const call = this.open(path, fields);
    call.stream.end(message('ping'));
    await call.ends();
    return call;
  }
}

export class GrpcCallInProgress {
  readonly stream: ClientHttp2Stream;
  head: IncomingHttpHeaders = {};
  trailers: IncomingHttpHeaders = {};
  /** Octets received, latin1. */
  text: string = '';
  error: string = '';
  #over: boolean = false;

  constructor(stream: ClientHttp2Stream) {
    this.stream = stream;
    stream.on('response', (head) => {
      this.head = head;
    });
    stream.on('trailers', (trailers) => {
      this.trailers = trailers;
    });
    stream.on('data', (bytes: Buffer) => {
      this.text += bytes.latin1Slice();
    });
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.message;
    });
    stream.on('close', () => {
      this.#over = true;
    });
  }

  /** '' while there is none. */
  get status(): string {
    return String(this.trailers['grpc-status'] ?? this.head['grpc-status'] ?? '');
  }

  async receives(text: string): Promise<void> {
    await until(
      () => this.text.includes(text),
      () => `${JSON.stringify(text)} in ${JSON.stringify(this.text)}`,
    );
  }

  async ends(): Promise<void> {
    await until(
      () => this.#over,
      () => `the end of a call; got ${JSON.stringify(this.text)}`,
    );
  }
}

/** Length-prefixed. */
export function message(text: string): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(text.length, 1);
  return Buffer.concat([prefix, Buffer.from(text)]);
}
