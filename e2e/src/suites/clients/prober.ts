import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Probe {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Why there was none; empty otherwise. */
  readonly failure: string;
}

const timeoutMs = 10_000;

/** Asks one gateway for hosts, over kept-alive connections. */
export class Prober {
  readonly #address: string;
  readonly #port: number;
  readonly #agent: Agent = new Agent({ keepAlive: true });

  constructor(address: string, port: number) {
    this.#address = address;
    this.#port = port;
  }

  async probe(host: string, path: string = '/'): Promise<Probe> {
    const sent = request({ host: this.#address, port: this.#port, path, headers: { host }, agent: this.#agent });
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error('timeout')));
    sent.end();
    try {
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');
      return { status: answer.statusCode ?? 0, headers: answer.headers, failure: '' };
    } catch (error) {
      return { status: 0, headers: {}, failure: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
    }
  }

  /**
   * Asks every `everyMs` until an answer satisfies, or `limitMs` have passed. When that was, on the clock of `performance.now()`, and what
   * was answered before; null in place of the time when it was never.
   */
  async until(host: string, everyMs: number, limitMs: number, satisfies: (probe: Probe) => boolean): Promise<Wait> {
    const startMs = performance.now();
    const before = new Map<string, number>();
    for (let turn = 1; ; turn++) {
      const probe = await this.probe(host);
      const nowMs = performance.now();
      if (satisfies(probe)) return { atMs: nowMs, before };
      const seen = probe.failure === '' ? String(probe.status) : probe.failure;
      before.set(seen, (before.get(seen) ?? 0) + 1);
      if (nowMs - startMs > limitMs) return { atMs: null, before };
      await sleep(Math.max(0, startMs + turn * everyMs - nowMs));
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

export interface Wait {
  readonly atMs: number | null;
  /** Answers and failures before that: how often each. */
  readonly before: ReadonlyMap<string, number>;
}
