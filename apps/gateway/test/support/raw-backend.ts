import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { until } from '../downstream/raw-client.ts';

/** What a raw backend does once a request's head is there. `request`: everything received on this connection so far, latin1. */
export type RawAnswer = (socket: Socket, request: string, connection: RawConnection) => void;

export interface RawConnection {
  /** 0-based, in order of arrival. */
  readonly index: number;
  /** Heads seen on this connection, this one included. */
  requests: number;
  received: string;
}

/** A TCP server that answers with whatever octets a test likes: an evil backend, or one that remembers what it got. */
export class RawBackend {
  readonly connections: RawConnection[] = [];
  readonly sockets: Socket[] = [];
  readonly #server: Server;

  private constructor(answer: RawAnswer) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket, answer));
  }

  static async start(answer: RawAnswer): Promise<RawBackend> {
    const backend = new RawBackend(answer);
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get requests(): number {
    return this.connections.reduce((sum, connection) => sum + connection.requests, 0);
  }

  /** All octets of all connections. */
  get received(): string {
    return this.connections.map((connection) => connection.received).join('');
  }

  async receives(part: string): Promise<void> {
    await until(
      () => this.received.includes(part),
      () => `${JSON.stringify(part)} in ${JSON.stringify(this.received)}`,
    );
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
  }

  /** One call of `answer` per head: what follows a head until the next is its body. */
  #accept(socket: Socket, answer: RawAnswer): void {
    const connection: RawConnection = { index: this.connections.length, requests: 0, received: '' };
    this.connections.push(connection);
    this.sockets.push(socket);
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', (bytes: Buffer) => {
      const before = connection.received.length;
      connection.received += bytes.latin1Slice();
      const heads = connection.received.slice(Math.max(0, before - 3)).split('\r\n\r\n').length - 1;
      if (heads === 0) return;
      connection.requests += heads;
      answer(socket, connection.received, connection);
    });
  }
}

export const ok: string = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
