import { KubeApi } from '../../src/kube-api.ts';
import type { RawObject } from '../../src/raw-object.ts';
import { Reflector, type ReflectorState, type ReflectorTiming, type Versioned } from '../../src/reflector.ts';
import type { FakeApiServer } from './fake-api-server.ts';

export interface Kept extends Versioned {
  readonly raw: RawObject;
}

/** Waits short enough for tests. */
export const fastTiming: Partial<ReflectorTiming> = {
  firstMs: 5,
  maxUnreachableMs: 40,
  maxRefusedMs: 40,
  silenceMs: 400,
  graceMs: 150,
  absentPollMs: 30,
  absentGraceMs: 120,
};

/** A reflector at work, and everything it said. */
export class Followed {
  readonly reflector: Reflector<Kept>;
  readonly states: ReflectorState[] = [];
  /** Every set of keys and versions that was ever shown. */
  readonly shown: ReadonlyMap<string, string>[] = [];
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(server: FakeApiServer, timing: Partial<ReflectorTiming> = {}, plural: string = 'services') {
    this.reflector = new Reflector<Kept>({
      api: new KubeApi(server.access(), { userAgent: 'test', timeoutMs: 1_000 }),
      locate: async () => `/api/v1/${plural}`,
      read: (raw) => ({ resourceVersion: raw.metadata.resourceVersion, raw }),
      onChange: () => this.shown.push(this.versions()),
      onState: (state) => this.states.push(state),
      random: () => 0.5,
      streaming: { supported: true },
      timing: { ...fastTiming, ...timing },
    });
  }

  start(): this {
    this.#done = this.reflector.run(this.#stop.signal);
    return this;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  versions(): ReadonlyMap<string, string> {
    return new Map([...this.reflector.objects].map(([key, { resourceVersion }]) => [key, resourceVersion]));
  }
}

/** What the server holds, in the form of `Followed.versions`. */
export function versionsOf(server: FakeApiServer, plural: string = 'services'): ReadonlyMap<string, string> {
  const { objects } = server.collection(plural);
  return new Map([...objects].map(([key, { metadata }]) => [key, metadata.resourceVersion!]));
}
