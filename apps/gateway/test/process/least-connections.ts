import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A load balancer of layer 4: a new connection goes to the port that has the fewest. */
export class LeastConnections {
  readonly port: number;
  /** Open connections by port; a port that is not here gets none. */
  readonly open: Map<number, number>;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, ports: readonly number[]) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.open = new Map(ports.map((port) => [port, 0]));
  }

  static async start(ports: readonly number[]): Promise<LeastConnections> {
    let balancer: LeastConnections | null = null;
    const server = createServer({ noDelay: true }, (socket) => balancer!.#accept(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    balancer = new LeastConnections(server, ports);
    return balancer;
  }

  add(...ports: readonly number[]): void {
    for (const port of ports) this.open.set(port, 0);
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(client: Socket): void {
    const [port] = [...this.open].reduce((least, next) => (next[1] < least[1] ? next : least));
    this.#count(port, 1);
    const target = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
    target.on('close', () => this.#count(port, -1));
  }

  #count(port: number, by: number): void {
    this.open.set(port, this.open.get(port)! + by);
  }
}
