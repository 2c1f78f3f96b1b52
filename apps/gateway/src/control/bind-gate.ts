import { createServer } from 'node:net';
import type { Bind } from '@fairlead/routing';

export interface BindGateOptions {
  /** Tries to bind; null when the port was free, else the system's error code. */
  readonly probe: (address: string, port: number) => Promise<string | null>;
  readonly retryMs: number;
  /** Workers may bind `key` now. */
  readonly onOpen: (key: string) => void;
  /** It is somebody else's; tried again until it is free or nobody asks for it any more. */
  readonly onTaken: (key: string, error: string) => void;
}

/**
 * Lets workers bind a port only after nobody else was found on it. Workers share their ports by SO_REUSEPORT, and so would a second gateway
 * of the same user: both would silently get half of the connections.
 */
export class BindGate {
  readonly #options: BindGateOptions;
  readonly #wanted = new Map<string, Bind>();
  readonly #open = new Set<string>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(options: BindGateOptions) {
    this.#options = options;
  }

  isOpen(key: string): boolean {
    return this.#open.has(key);
  }

  /** Forgets what is not in `binds` and probes what is new in it. Resolves when each new one was tried once. */
  async update(binds: ReadonlyMap<string, Bind>): Promise<void> {
    for (const key of this.#wanted.keys()) if (!binds.has(key)) this.#forget(key);
    const added = [...binds].filter(([key]) => !this.#wanted.has(key));
    for (const [key, bind] of added) this.#wanted.set(key, bind);
    await Promise.all(added.map(([key, bind]) => this.#try(key, bind)));
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#wanted.clear();
  }

  #forget(key: string): void {
    this.#wanted.delete(key);
    this.#open.delete(key);
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
  }

  async #try(key: string, bind: Bind): Promise<void> {
    const error = await this.#options.probe(bind.address, bind.port);
    if (this.#wanted.get(key) !== bind) return;
    if (error === null) {
      this.#open.add(key);
      this.#options.onOpen(key);
      return;
    }
    this.#options.onTaken(key, error);
    this.#timers.set(key, setTimeout(() => void this.#try(key, bind), this.#options.retryMs).unref());
  }
}

/** Binds for a moment, exclusively. Nobody is served there yet, so no connection can be lost by it. */
export async function probePort(address: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
