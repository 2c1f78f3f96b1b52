import { connect, type Socket } from 'node:net';

/**
 * A client that sends requests at a fixed pace over one connection, and opens another when it is asked to. While an answer is outstanding it
 * sends nothing.
 */
export class SteadyClient {
  answered: number = 0;
  /** Requests without a whole answer, by why. */
  readonly lost: string[] = [];
  /** Connections opened. */
  connections: number = 0;
  readonly #port: number;
  readonly #request: string;
  #socket: Socket | null = null;
  #waiting: boolean = false;
  #received: string = '';
  #timer: NodeJS.Timeout | null = null;

  /** `request`: a head whose answer is complete with `ok`. */
  constructor(port: number, request: string) {
    this.#port = port;
    this.#request = request;
    this.#open();
  }

  /** The connection was closed, without a request in progress. */
  get closed(): boolean {
    return this.#socket === null;
  }

  /** From now on at this pace. */
  start(requestsPerSecond: number): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = setInterval(() => this.send(), 1_000 / requestsPerSecond);
  }

  send(): void {
    if (this.#waiting) return;
    if (this.#socket === null) this.#open();
    this.#waiting = true;
    this.#received = '';
    this.#socket!.write(this.#request);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#socket?.destroy();
  }

  #open(): void {
    this.connections++;
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    socket.on('data', (bytes) => this.#receive(socket, bytes.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => this.#closed(socket));
  }

  #receive(socket: Socket, text: string): void {
    this.#received += text;
    if (!this.#received.endsWith('\r\n\r\nok')) return;
    this.#waiting = false;
    this.answered++;
    if (!this.#received.startsWith('HTTP/1.1 200 ')) this.lost.push(this.#received.slice(0, 12));
    if (!/\r\nconnection: close\r\n/i.test(this.#received)) return;
    socket.destroy();
    if (this.#socket === socket) this.#socket = null;
  }

  #closed(socket: Socket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    if (this.#waiting && this.#timer !== null) this.lost.push('closed');
    this.#waiting = false;
  }
}
