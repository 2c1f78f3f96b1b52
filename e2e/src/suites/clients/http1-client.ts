import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Answer, OneConnection, Target } from './one-connection.ts';

const timeoutMs = 10_000;

/** HTTP/1.1, kept alive. */
export class Http1Client implements OneConnection {
  connections = 0;
  readonly #target: Target;
  readonly #agent: Agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(target: Target) {
    this.#target = target;
  }

  async ask(): Promise<Answer> {
    const { address, port, host } = this.#target;
    const sent = request({ host: address, port, path: '/', headers: { host }, agent: this.#agent, timeout: timeoutMs });
    sent.once('timeout', () => sent.destroy(new Error('timeout')));
    sent.once('socket', () => {
      if (!sent.reusedSocket) this.connections++;
    });
    sent.end();
    try {
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      for await (const _ of answer);
      const status = answer.statusCode ?? 0;
      const ok = status >= 200 && status < 300;
      return { ok, backend: String(answer.headers['x-backend'] ?? ''), failure: ok ? '' : `status ${status}` };
    } catch (error) {
      return { ok: false, backend: '', failure: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}
