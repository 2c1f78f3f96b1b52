import { connect, type Socket } from 'node:net';

export interface OpenLoopOptions {
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  /** Called when a response is complete, with its status and X-Backend. */
  readonly onAnswer?: (status: number, backend: string) => void;
}

export interface OpenLoopRun {
  readonly sent: number;
  /** Complete 2xx answers. */
  readonly succeeded: number;
  /** Why the others did not: `status 503`, `reset`, `closed`, `timeout`, `refused`. */
  readonly failures: ReadonlyMap<string, number>;
  /** Milliseconds from sending a request to the last byte of its answer, sorted; failures excluded. */
  readonly latencies: readonly number[];
}

const timeoutMs = 10_000;

/**
 * Sends requests at a fixed rate, whatever comes back: a slow target makes requests overlap, not wait. Every request ends as an answer
 * or a named failure; none is forgotten.
 */
export async function openLoop(options: OpenLoopOptions): Promise<OpenLoopRun> {
  const run = new Run(options);
  return run.result;
}

class Run {
  readonly result: Promise<OpenLoopRun>;
  readonly #options: OpenLoopOptions;
  readonly #request: Buffer;
  readonly #idle: Connection[] = [];
  readonly #busy = new Set<Connection>();
  readonly #latencies: number[] = [];
  readonly #failures = new Map<string, number>();
  readonly #startedMs = performance.now();
  readonly #total: number;
  #sent = 0;
  #ended = 0;
  #finish: (run: OpenLoopRun) => void = () => {};
  readonly #timer: NodeJS.Timeout;

  constructor(options: OpenLoopOptions) {
    this.#options = options;
    this.#total = Math.round(options.requestsPerSecond * options.seconds);
    const { path, host } = options;
    this.#request = Buffer.from(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: open-loop\r\nAccept: */*\r\n\r\n`,
    );
    this.result = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#timer = setInterval(() => this.#tick(), 1);
  }

  #tick(): void {
    const nowMs = performance.now();
    const due = Math.min(
      this.#total,
      Math.floor(((nowMs - this.#startedMs) / 1_000) * this.#options.requestsPerSecond),
    );
    while (this.#sent < due) this.#send(nowMs);
    for (const connection of this.#busy) if (nowMs - connection.sentMs > timeoutMs) connection.fail('timeout');
  }

  #send(nowMs: number): void {
    this.#sent++;
    const connection = this.#idle.pop() ?? new Connection(this.#options.port, this);
    this.#busy.add(connection);
    connection.send(this.#request, nowMs);
  }

  answered(connection: Connection, status: number, backend: string, reusable: boolean): void {
    this.#busy.delete(connection);
    if (status >= 200 && status < 300) this.#latencies.push(performance.now() - connection.sentMs);
    else this.#count(`status ${status}`);
    this.#options.onAnswer?.(status, backend);
    if (reusable) this.#idle.push(connection);
    this.#end();
  }

  failed(connection: Connection, reason: string): void {
    this.#busy.delete(connection);
    this.#count(reason);
    this.#end();
  }

  closed(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #count(reason: string): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  #end(): void {
    this.#ended++;
    if (this.#ended < this.#total) return;
    clearInterval(this.#timer);
    for (const connection of this.#idle) connection.close();
    const latencies = this.#latencies.sort((a, b) => a - b);
    this.#finish({ sent: this.#sent, succeeded: latencies.length, failures: this.#failures, latencies });
  }
}

/** One keep-alive connection with at most one request on it. */
class Connection {
  sentMs = 0;
  readonly #run: Run;
  readonly #socket: Socket;
  #waiting = false;
  #head = '';
  #status = 0;
  #backend = '';
  #left = -1;
  #reusable = true;

  constructor(port: number, run: Run) {
    this.#run = run;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (data) => this.#onData(data as Buffer));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.fail(error.code ?? 'error'));
    this.#socket.on('close', () => {
      this.fail('closed');
      run.closed(this);
    });
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
    this.#run.failed(this, reason);
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
    this.#run.answered(this, this.#status, this.#backend, this.#reusable);
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

/** Of sorted values; 0 without any. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}
