import { join } from 'node:path';
import { loadCpu, StartedProcess } from '@fairlead/e2e';
import { backendPort } from '../site.ts';

/** 'killed' closes its port and resets what is open; 'hung' takes requests and never answers; 'failing' answers 503 at once. */
export type Fault = 'none' | 'killed' | 'hung' | 'failing' | 'slow';

export interface FaultyBackendsRequest {
  readonly become?: { readonly backends: readonly number[]; readonly fault: Fault };
  readonly resetHits?: boolean;
}

export interface FaultyBackendsReport {
  /** Requests taken by each since the last reset. */
  readonly hits: readonly number[];
}

/** Four backends that answer in 5 ms until told otherwise. */
export class FaultyBackends {
  static readonly count = 4;
  readonly #process: StartedProcess;

  private constructor(process: StartedProcess) {
    this.#process = process;
  }

  static get addresses(): readonly string[] {
    return Array.from({ length: FaultyBackends.count }, (_, i) => `127.0.0.1:${backendPort + i}`);
  }

  static async start(): Promise<FaultyBackends> {
    const ports = FaultyBackends.addresses.map((address) => address.split(':')[1]!);
    const server = join(import.meta.dirname, 'faulty-server.ts');
    const started = StartedProcess.start(loadCpu, process.execPath, [server, ...ports]);
    for (const port of ports) await started.listening(Number(port));
    return new FaultyBackends(started);
  }

  async ask(request: FaultyBackendsRequest): Promise<FaultyBackendsReport> {
    const answer = this.#process.nextMessage<FaultyBackendsReport>();
    this.#process.send(request);
    return answer;
  }

  async stop(): Promise<void> {
    await this.#process.stop();
  }
}
