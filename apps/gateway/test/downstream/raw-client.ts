import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';

/** A client that writes octets and keeps what comes. */
export class RawClient {
  readonly socket: Socket;
  /** Everything received, latin1. */
  text: string = '';
  /** The other side has sent FIN. */
  ended: boolean = false;
  closed: boolean = false;
  error: string = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.text += bytes.latin1Slice();
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    socket.on('close', () => {
      this.closed = true;
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  async receives(part: string): Promise<void> {
    await until(
      () => this.text.includes(part),
      () => `${JSON.stringify(part)} in ${JSON.stringify(this.text)}`,
    );
  }

  async endsCleanly(): Promise<void> {
    await until(
      () => this.ended,
      () => `FIN; error ${this.error}`,
    );
  }

  async isReset(): Promise<void> {
    await until(
      () => this.error === 'ECONNRESET',
      () => `RST; ended ${this.ended}, got ${JSON.stringify(this.text)}`,
    );
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Resolves after the handshake; rejects with its error. */
export async function openTls(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...options,
  });
  await once(socket, 'secureConnect');
  return socket;
}

/** Polls: what is waited for happens in another event of this same process. */
export async function until(condition: () => boolean, what: () => string, limitMs: number = 5_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what()}`);
    await pause(1);
  }
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
