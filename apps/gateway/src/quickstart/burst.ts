import { Agent, get } from 'node:http';

/** What one burst of requests saw. */
export interface BurstResult {
  /** By the backend's own name, as its answers say. */
  readonly backends: ReadonlyMap<string, Share>;
  /** Requests that were not answered with 200. */
  readonly failed: number;
}

interface Share {
  readonly requests: number;
  readonly meanMs: number;
}

/** Sends `count` requests for `url`, `atOnce` of them at a time over kept-alive connections. */
export async function sendBurst(url: string, count: number, atOnce: number): Promise<BurstResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const latencies = new Map<string, number[]>();
  let failed = 0;
  let sent = 0;
  const sendSome = async (): Promise<void> => {
    while (sent++ < count) {
      const startedMs = performance.now();
      const backend = await ask(url, agent);
      if (backend === null) failed++;
      else latencies.set(backend, [...(latencies.get(backend) ?? []), performance.now() - startedMs]);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sendSome));
  agent.destroy();
  const backends = [...latencies].map(([name, times]): [string, Share] => [name, toShare(times)]);
  return { backends: new Map(backends.sort(([a], [b]) => (a < b ? -1 : 1))), failed };
}

function toShare(timesMs: readonly number[]): Share {
  return { requests: timesMs.length, meanMs: timesMs.reduce((sum, ms) => sum + ms, 0) / timesMs.length };
}

/** The name of the backend that answered; null when the answer was no success. */
async function ask(url: string, agent: Agent): Promise<string | null> {
  return new Promise((resolve) => {
    const request = get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('error', () => resolve(null));
      response.on('end', () => resolve(response.statusCode === 200 ? nameIn(text) : null));
    });
    request.on('error', () => resolve(null));
  });
}

function nameIn(body: string): string | null {
  try {
    const { backend } = JSON.parse(body) as { readonly backend?: string };
    return backend ?? null;
  } catch {
    return null;
  }
}
