import { type ConnectionEvents, KeepAliveConnection } from '../../keep-alive-connection.ts';
import type { Target } from './one-connection.ts';

export interface UsersOptions {
  readonly target: Target;
  /** Each keeps a connection of its own. */
  readonly users: number;
  /** Of each user, evenly spread over the period. */
  readonly periodMs: number;
}

/** A complete answer: when it came, on the clock of `performance.now()`, and who gave it. */
export interface UserAnswer {
  readonly atMs: number;
  readonly backend: string;
}

const tickMs = 5;
const timeoutMs = 10_000;

/**
 * Many users who hold on to their connections, as browsers and connection pools do: open loop, each sends a request every period whatever
 * becomes of the others. A user whose connection was closed connects again for its next request; one who still waits lets its turn pass.
 */
export class KeepAliveUsers implements ConnectionEvents {
  readonly answers: UserAnswer[] = [];
  readonly failures: Map<string, number> = new Map();
  /** Turns that passed because the answer before had not come yet. */
  late = 0;
  readonly #options: UsersOptions;
  readonly #request: Buffer;
  readonly #connections: (KeepAliveConnection | null)[];
  readonly #startedMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #turns = 0;

  constructor(options: UsersOptions) {
    this.#options = options;
    this.#request = Buffer.from(`GET / HTTP/1.1\r\nHost: ${options.target.host}\r\n\r\n`);
    this.#connections = new Array<KeepAliveConnection | null>(options.users).fill(null);
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const connection of this.#connections) connection?.close();
  }

  answered(_: KeepAliveConnection, status: number, backend: string): void {
    if (status >= 200 && status < 300) this.answers.push({ atMs: performance.now(), backend });
    else this.#count(`status ${status}`);
  }

  failed(_: KeepAliveConnection, reason: string): void {
    this.#count(reason);
  }

  closed(connection: KeepAliveConnection): void {
    const user = this.#connections.indexOf(connection);
    if (user >= 0) this.#connections[user] = null;
  }

  #tick(): void {
    const nowMs = performance.now();
    const { users, periodMs } = this.#options;
    const due = Math.floor(((nowMs - this.#startedMs) / periodMs) * users);
    while (this.#turns < due) this.#turn(this.#turns++ % users, nowMs);
  }

  #turn(user: number, nowMs: number): void {
    const connection = this.#connections[user] ?? this.#connect(user);
    if (!connection.waiting) connection.send(this.#request, nowMs);
    else if (nowMs - connection.sentMs > timeoutMs) connection.fail('timeout');
    else this.late++;
  }

  #connect(user: number): KeepAliveConnection {
    const { address, port } = this.#options.target;
    const connection = new KeepAliveConnection(address, port, this);
    this.#connections[user] = connection;
    return connection;
  }

  #count(reason: string): void {
    this.failures.set(reason, (this.failures.get(reason) ?? 0) + 1);
  }
}
