/** What became of one request. */
export interface Answer {
  /** 2xx, or grpc-status 0. */
  readonly ok: boolean;
  /** The pod that answered; empty for a failure. */
  readonly backend: string;
  /** Why it failed: `status 503`, `grpc-status 14`, an error code. Empty when it did not. */
  readonly failure: string;
}

/** A client that keeps one connection and sends one request at a time, and connects anew only when it lost that connection. */
export interface OneConnection {
  ask(): Promise<Answer>;
  /** How many connections it has needed so far. */
  readonly connections: number;
  close(): void;
}

export interface Target {
  readonly address: string;
  readonly port: number;
  /** Sent as Host or :authority. */
  readonly host: string;
}

/** Answers by pod of `requests` requests, one after the other. */
export async function askMany(client: OneConnection, requests: number): Promise<Tally> {
  const perBackend = new Map<string, number>();
  const failures = new Map<string, number>();
  for (let i = 0; i < requests; i++) {
    const { ok, backend, failure } = await client.ask();
    const counts = ok ? perBackend : failures;
    const key = ok ? backend : failure;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return { perBackend, failures };
}

export interface Tally {
  readonly perBackend: ReadonlyMap<string, number>;
  readonly failures: ReadonlyMap<string, number>;
}

/** Each pod's part of all successful answers, largest first; pods of `all` that answered nothing have 0. */
export function shares({ perBackend }: Tally, all: readonly string[]): readonly number[] {
  const total = Math.max(1, sum(perBackend.values()));
  const names = new Set([...all, ...perBackend.keys()]);
  return [...names].map((name) => (perBackend.get(name) ?? 0) / total).sort((a, b) => b - a);
}

export function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
