import { type ConnectionEvents, KeepAliveConnection } from './keep-alive-connection.ts';

export interface OpenLoopOptions {
  /** Where to connect to; 127.0.0.1 when missing. */
  readonly address?: string;
  readonly port: number;
  /** Sent as Host. */
  readonly host: string;
  readonly path: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  /** Called when a response is complete, with its status and X-Backend. */
  readonly onAnswer?: (status: number, backend: string) => void;
  /** Ends the run early: nothing more is sent, and what is on its way is waited for. */
  readonly signal?: AbortSignal;
}

export interface OpenLoopRun {
  readonly sent: number;
  /** Complete 2xx answers. */
  readonly succeeded: number;
  /** Why the others did not: `status 503`, `reset`, `closed`, `timeout`, `refused`. */
  readonly failures: ReadonlyMap<string, number>;
  /** Milliseconds from sending a request to the last byte of its answer, sorted; failures excluded. */
  readonly latencies: readonly number[];
  /** Requests that were on their way at the same time, at most. */
  readonly mostInFlight: number;
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

class Run implements ConnectionEvents {
  readonly result: Promise<OpenLoopRun>;
  readonly #options: OpenLoopOptions;
  readonly #request: Buffer;
  readonly #idle: KeepAliveConnection[] = [];
  readonly #busy = new Set<KeepAliveConnection>();
  readonly #latencies: number[] = [];
  readonly #failures = new Map<string, number>();
  readonly #startedMs = performance.now();
  #total: number;
  #sent = 0;
  #ended = 0;
  #mostInFlight = 0;
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
    options.signal?.addEventListener('abort', () => this.#stop());
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
    const connection = this.#idle.pop() ?? this.#connect();
    this.#busy.add(connection);
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#busy.size);
    connection.send(this.#request, nowMs);
  }

  #connect(): KeepAliveConnection {
    const { address = '127.0.0.1', port } = this.#options;
    return new KeepAliveConnection(address, port, this);
  }

  answered(connection: KeepAliveConnection, status: number, backend: string, reusable: boolean): void {
    this.#busy.delete(connection);
    if (status >= 200 && status < 300) this.#latencies.push(performance.now() - connection.sentMs);
    else this.#count(`status ${status}`);
    this.#options.onAnswer?.(status, backend);
    if (reusable) this.#idle.push(connection);
    this.#end();
  }

  failed(connection: KeepAliveConnection, reason: string): void {
    this.#busy.delete(connection);
    this.#count(reason);
    this.#end();
  }

  closed(connection: KeepAliveConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #count(reason: string): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  #end(): void {
    this.#ended++;
    if (this.#ended >= this.#total) this.#close();
  }

  #stop(): void {
    if (this.#ended >= this.#total) return;
    this.#total = this.#sent;
    if (this.#ended >= this.#total) this.#close();
  }

  #close(): void {
    clearInterval(this.#timer);
    for (const connection of this.#idle) connection.close();
    const latencies = this.#latencies.sort((a, b) => a - b);
    const [sent, failures, mostInFlight] = [this.#sent, this.#failures, this.#mostInFlight];
    this.#finish({ sent, succeeded: latencies.length, failures, latencies, mostInFlight });
  }
}

/** Of sorted values; 0 without any. */
export function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}
