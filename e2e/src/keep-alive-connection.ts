import { connect, type Socket } from 'node:net';

/** Who is told what becomes of a request. */
export interface ConnectionEvents {
  /** The answer is complete. `reusable`: the connection can take another request. */
  answered(connection: KeepAliveConnection, status: number, backend: string, reusable: boolean): void;
  /** There will be no answer; the connection is gone. */
  failed(connection: KeepAliveConnection, reason: string): void;
  /** Once, whenever the connection ends. */
  closed(connection: KeepAliveConnection): void;
}

/** One HTTP/1.1 connection with at most one request on it. */
export class KeepAliveConnection {
  /** On the clock of `performance.now()`. */
  sentMs = 0;
  readonly #events: ConnectionEvents;
  readonly #socket: Socket;
  #waiting = false;
  #head = '';
  #status = 0;
  #backend = '';
  #left = -1;
  #reusable = true;

  constructor(host: string, port: number, events: ConnectionEvents) {
    this.#events = events;
    this.#socket = connect({ port, host, noDelay: true });
    this.#socket.on('data', (data) => this.#onData(data as Buffer));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.fail(error.code ?? 'error'));
    this.#socket.on('close', () => {
      this.fail('closed');
      events.closed(this);
    });
  }

  /** A request is on its way. */
  get waiting(): boolean {
    return this.#waiting;
  }

  send(request: Buffer, nowMs: number): void {
    this.sentMs = nowMs;
    this.#waiting = true;
    this.#head = '';
    this.#left = -1;
    this.#socket.write(request);
  }

  fail(reason: string): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#events.failed(this, reason);
    this.#socket.destroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Content-Length only: the backends of the benches send nothing else, and a proxy that changes that should be noticed. */
  #onData(data: Buffer): void {
    if (this.#left < 0) {
      this.#head += data.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end < 0) return;
      if (!this.#readHead(end)) {
        this.fail('no content-length');
        return;
      }
      this.#left -= this.#head.length - end - 4;
    } else {
      this.#left -= data.length;
    }
    if (this.#left > 0) return;
    this.#waiting = false;
    this.#events.answered(this, this.#status, this.#backend, this.#reusable);
    if (!this.#reusable) this.#socket.destroy();
  }

  /** False without a Content-Length. */
  #readHead(end: number): boolean {
    const head = this.#head.slice(0, end);
    this.#status = Number(head.slice(9, 12));
    this.#backend = /\r\nx-backend: *([^\r]*)/i.exec(head)?.[1] ?? '';
    this.#left = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? Number.NaN);
    this.#reusable = !/\r\nconnection: *close/i.test(head);
    return !Number.isNaN(this.#left);
  }
}
