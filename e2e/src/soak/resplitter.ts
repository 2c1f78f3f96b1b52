import { connect, createServer, type Server, type Socket } from 'node:net';
import { Pieces } from './pieces.ts';

/** A TCP relay that cuts and joins octets anew: what a network may do at any time, and loopback hardly ever does. */
export class Resplitter {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(toPort: number) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#relay(client, toPort));
  }

  /** From `port` to `toPort`, both on loopback. */
  static async start(port: number, toPort: number): Promise<Resplitter> {
    const resplitter = new Resplitter(toPort);
    await new Promise<void>((resolve) => resplitter.#server.listen(port, '127.0.0.1', 1_024, resolve));
    return resplitter;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #relay(client: Socket, toPort: number): void {
    const server = connect({ port: toPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#join(client, server);
    this.#join(server, client);
  }

  #join(from: Socket, to: Socket): void {
    const pieces = new Pieces(to, from);
    this.#sockets.add(from);
    from.on('data', (data) => pieces.add(data as Buffer));
    from.on('end', () => pieces.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      if (from.errored !== null) to.destroy();
    });
  }
}
