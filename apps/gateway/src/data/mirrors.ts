import type { Clock } from '../clock.ts';
import type { WorkerMetrics } from '../observe/metrics.ts';
import type { Exchange } from './exchange.ts';
import { Mirror, type MirrorOwner } from './mirror.ts';
import type { MirrorShare } from './mirror-share.ts';
import { OpenExchanges } from './open-exchanges.ts';
import type { Snapshot } from './snapshot.ts';

/** Copies in progress at one time; more are dropped and counted. */
const maxMirrors = 1_024;
/** A copy that takes longer is dropped: nobody waits for it. */
const mirrorTimeoutMs = 30_000;

/** Sends copies of requests and watches over them until they end. */
export class Mirrors implements MirrorOwner {
  readonly #open = new OpenExchanges<Mirror>();
  readonly #snapshot: Snapshot;
  readonly #metrics: WorkerMetrics;
  readonly #clock: Clock;

  constructor(snapshot: Snapshot, metrics: WorkerMetrics, clock: Clock) {
    this.#snapshot = snapshot;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  /** The head as it goes to the endpoint; the body follows through `exchange.mirrors`. */
  start(exchange: Exchange): null {
    const ofRule = exchange.prepared!.stage.mirrors;
    const ofBackend = exchange.reference!.mirrors;
    if (ofRule !== null) this.#startAll(exchange, ofRule);
    if (ofBackend !== null) this.#startAll(exchange, ofBackend);
    return null;
  }

  sweep(nowMs: number): void {
    for (let mirror = this.#open.first; mirror !== null; ) {
      const next = mirror.next;
      const isHung = mirror.waitsForHead && mirror.lease.checkHung(nowMs);
      if (isHung || nowMs >= mirror.deadlineMs) mirror.drop();
      mirror = next;
    }
  }

  onMirrorOver(mirror: Mirror, complete: boolean): void {
    this.#open.remove(mirror);
    if (!complete) this.#metrics.count('mirrorsDropped');
  }

  #startAll(exchange: Exchange, shares: readonly MirrorShare[]): void {
    // A tunnel can't be copied.
    if (exchange.head.upgrade !== '') return;
    for (const share of shares) if (share.take() && !this.#send(exchange, share)) this.#metrics.count('mirrorsDropped');
  }

  #send(exchange: Exchange, share: MirrorShare): boolean {
    const backend = this.#snapshot.backends.get(share.backend);
    if (backend === undefined || backend.failure !== null || this.#open.size >= maxMirrors) return false;
    const nowMs = this.#clock.now();
    const lease = backend.pool.pick(nowMs, null);
    if (lease === null) return false;
    const mirror = new Mirror(this, lease, exchange.hasBody, nowMs + mirrorTimeoutMs);
    this.#open.add(mirror);
    mirror.send(exchange.head);
    this.#metrics.count('mirrorsSent');
    if (exchange.hasBody) exchange.addMirror(mirror);
    return true;
  }
}
