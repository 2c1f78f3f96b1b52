import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Proxies on one CPU, load and backends on the other, so that neither pays for the other. */
export const proxyCpu = 0;
export const loadCpu = 1;

const running = new Set<ChildProcess>();

// Whatever ends a run, nothing that it started stays behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

/** A process that a bench or an interop run started, with its own end. */
export class StartedProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid!;
    running.add(child);
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        running.delete(child);
        resolve();
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.#output = (this.#output + data.toString()).slice(-4_000);
      });
    }
  }

  /** On one CPU, or on any when that is null. */
  static start(
    cpu: number | null,
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): StartedProcess {
    const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as const;
    const options = { stdio: [...stdio], env: { ...process.env, ...env } };
    if (cpu === null) return new StartedProcess(spawn(command, args, options));
    return new StartedProcess(spawn('taskset', ['-c', String(cpu), command, ...args], options));
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output;
  }

  /** To a Node process that listens to its parent. */
  send(message: object): void {
    this.#child.send(message);
  }

  nextMessage<T>(): Promise<T> {
    return new Promise((resolve) => this.#child.once('message', (message) => resolve(message as T)));
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Throws when somebody already listens there: what is measured would be theirs. */
  static async expectFree(ports: readonly number[]): Promise<void> {
    for (const port of ports) {
      if (await accepts(port)) throw new Error(`127.0.0.1:${port} is in use; stop what listens there`);
    }
  }

  /** Resolves when a connection to the port is accepted. Throws what the process printed when it ends or takes too long. */
  async listening(port: number, timeoutMs: number = 20_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await accepts(port))) {
      if (this.#child.exitCode !== null || performance.now() > deadline) {
        throw new Error(`nothing listens on port ${port}:\n${this.#output}`);
      }
      await sleep(5);
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(timer);
  }
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
