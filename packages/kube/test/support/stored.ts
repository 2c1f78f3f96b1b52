import { ClusterStore, type StoreChange, type StoreSnapshot } from '../../src/cluster-store.ts';
import { KubeApi } from '../../src/kube-api.ts';
import type { KubeLog } from '../../src/log.ts';
import type { ReflectorTiming } from '../../src/reflector.ts';
import type { FakeApiServer } from './fake-api-server.ts';
import { fastTiming } from './followed.ts';
import { controllerName } from './objects.ts';

/** A store at work, refreshed at every change as its owner would. */
export class Stored {
  readonly store: ClusterStore;
  readonly said: string[] = [];
  readonly changes: StoreChange[] = [];
  snapshot: StoreSnapshot;
  readonly #stop = new AbortController();

  constructor(server: FakeApiServer, timing: Partial<ReflectorTiming> = {}) {
    const say = (_: object, message: string): void => void this.said.push(message);
    const log: KubeLog = { info: say, warn: say, error: say };
    this.store = new ClusterStore({
      api: new KubeApi(server.access(), { userAgent: 'test', timeoutMs: 1_000 }),
      controllerName,
      log,
      onChange: (what) => {
        this.changes.push(what);
        queueMicrotask(() => {
          this.snapshot = this.store.refresh();
        });
      },
      random: () => 0.5,
      timing: { ...fastTiming, ...timing },
    });
    this.snapshot = this.store.refresh();
  }

  start(): this {
    this.store.start(this.#stop.signal);
    return this;
  }

  stop(): void {
    this.#stop.abort();
  }

  get complete(): boolean {
    return this.store.missing.length === 0 && this.store.settled;
  }
}
