import { randomBytes } from 'node:crypto';
import { EndpointStats } from '@fairlead/balancer';
import { type Clock, createClock } from '../../src/clock.ts';
import { DataPlane } from '../../src/data/data-plane.ts';
import { Downstream } from '../../src/data/downstream.ts';
import type { AccessRecord } from '../../src/observe/access-record.ts';
import { type CounterName, WorkerMetrics } from '../../src/observe/metrics.ts';
import { defaultSettings, type Settings } from '../../src/settings.ts';
import { RawClient, until } from '../downstream/raw-client.ts';
import { bindKey, RouteBuilder, type Site } from './route-builder.ts';

type Overrides = { readonly [K in keyof Settings]?: Partial<Settings[K]> | Settings[K] };

const rows = 64;
const slots = 64;

/** A whole worker but its thread: client connections, pipeline, connections to endpoints, on a port of its own and in real time. */
export class GatewayFixture {
  readonly downstream: Downstream;
  readonly dataPlane: DataPlane;
  readonly metrics: WorkerMetrics;
  readonly stats: EndpointStats;
  readonly records: AccessRecord[] = [];
  readonly faults: unknown[] = [];
  readonly clock: Clock = createClock(process.hrtime.bigint());
  readonly #builder = new RouteBuilder();
  readonly #clients: RawClient[] = [];
  #bound: boolean = false;
  #timer: NodeJS.Timeout | null = null;

  private constructor(settings: Settings) {
    const memory = {
      endpoints: new SharedArrayBuffer(EndpointStats.byteLength(rows)),
      turns: new SharedArrayBuffer(slots * 4),
    };
    this.metrics = new WorkerMetrics(new SharedArrayBuffer(WorkerMetrics.byteLength(slots)));
    this.stats = new EndpointStats(memory.endpoints);
    this.dataPlane = new DataPlane({
      settings,
      clock: this.clock,
      worker: 0,
      memory,
      metrics: this.metrics,
      accessLog: { write: (record) => this.records.push(copyOf(record)) },
      onFault: (error) => this.faults.push(error),
    });
    this.downstream = new Downstream(settings, randomBytes(48), true, this.dataPlane.pipeline, {
      onBind: (_key, error) => {
        if (error !== null) this.faults.push(error);
        this.#bound = true;
      },
      onConnectionOpened: () => {},
      onConnectionClosed: () => {},
      onRefused: () => {},
      onFault: (error) => this.faults.push(error),
    });
  }

  static async start(site: Site, overrides: Overrides = {}): Promise<GatewayFixture> {
    const fixture = new GatewayFixture(merge(overrides));
    fixture.apply(site);
    fixture.#tick();
    await until(
      () => fixture.#bound,
      () => 'bind',
    );
    return fixture;
  }

  get port(): number {
    return this.downstream.port(bindKey);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  apply(site: Site): void {
    this.dataPlane.apply(this.#builder.update(site));
    this.downstream.applyBinds(this.dataPlane.snapshot.binds);
  }

  async connect(): Promise<RawClient> {
    const client = await RawClient.open(this.port);
    this.#clients.push(client);
    return client;
  }

  /** Sends one request on a connection of its own; resolves with everything that came when the connection has ended. */
  async exchange(request: string): Promise<string> {
    const client = await this.connect();
    client.send(request);
    await until(
      () => client.ended || client.closed,
      () => `the end of ${JSON.stringify(client.text)}`,
    );
    return client.text;
  }

  counter(name: CounterName): number {
    return this.metrics.counter(name);
  }

  /** The record of the last exchange, once it is written. */
  async record(count: number = 1): Promise<AccessRecord> {
    await until(
      () => this.records.length >= count,
      () => `${count} access records`,
    );
    return this.records[count - 1]!;
  }

  /** Every lease is settled and every connection accounted for. */
  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    this.downstream.closeAll();
    await until(
      () => this.dataPlane.pipeline.open.size === 0,
      () => 'exchanges to end',
    );
    if (this.#timer !== null) clearTimeout(this.#timer);
    // Copies that nobody answers are given up.
    this.dataPlane.sweep(this.clock.now() + 60_000);
    for (let row = 0; row < rows; row++) {
      if (this.stats.inFlight(row) !== 0) this.faults.push(`row ${row} has a lease that was never settled`);
    }
    for (const backend of this.dataPlane.snapshot.backends.values()) backend.retire();
  }

  #tick(): void {
    const nowMs = this.clock.now();
    this.downstream.sweep(nowMs);
    this.dataPlane.sweep(nowMs);
    this.#timer = setTimeout(() => this.#tick(), Math.min(20, this.dataPlane.sweepIntervalMs));
  }
}

function merge(overrides: Overrides): Settings {
  const merged: Record<string, unknown> = { ...defaultSettings };
  for (const [key, value] of Object.entries(overrides)) {
    const isObject = typeof value === 'object';
    merged[key] = isObject ? { ...(merged[key] as object), ...(value as object) } : value;
  }
  return merged as unknown as Settings;
}

/** The exchange lives on; a test reads what was logged. */
function copyOf(record: AccessRecord): AccessRecord {
  const { startedMs, durationMs, upstreamMs, method, scheme, authority, target, protocolVersion, userAgent } = record;
  const { clientAddress, status, requestBytes, responseBytes, listener, rule, backend, endpoint, tries } = record;
  const { reason, requestId, grpcStatus } = record;
  return {
    startedMs,
    durationMs,
    upstreamMs,
    method,
    scheme,
    authority,
    target,
    protocolVersion,
    userAgent,
    clientAddress,
    status,
    requestBytes,
    responseBytes,
    listener,
    rule,
    backend,
    endpoint,
    tries,
    reason,
    requestId,
    grpcStatus,
  };
}
