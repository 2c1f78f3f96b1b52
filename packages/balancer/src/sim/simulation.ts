import { EndpointPool } from '../endpoint-pool.ts';
import { EndpointStats } from '../endpoint-stats.ts';
import type { Lease } from '../lease.ts';
import { defaultOutlier } from '../outlier.ts';
import type { PolicyName } from '../policies/policy-name.ts';
import { RetryBudget } from '../retry-budget.ts';
import { EventQueue } from './event-queue.ts';
import { seededRandom } from './seeded-random.ts';
import { type Answer, type Fault, SimBackend } from './sim-backend.ts';

export interface Setup {
  readonly seed: number;
  readonly policy: PolicyName;
  readonly workers: number;
  readonly backends: number;
  /** Of a healthy answer. */
  readonly delayMs: number;
  /** Open loop: requests come whether or not earlier ones were answered, at random times. */
  readonly requestsPerSecond: number;
}

export interface RequestRecord {
  readonly startedMs: number;
  /** Infinity: never answered. */
  latencyMs: number;
  status: 'open' | 'ok' | 'failed' | 'refused';
  tries: number;
}

const sweepMs = 100;

/**
 * A gateway in front of faulty backends in simulated time: pools of several workers over one memory, one retry elsewhere as docs/adr/003
 * has it, the sweep for hung endpoints. The same setup gives the same records, to the last bit.
 */
export class Simulation {
  readonly queue: EventQueue = new EventQueue();
  readonly stats: EndpointStats;
  readonly backends: SimBackend[] = [];
  readonly requests: RequestRecord[] = [];
  readonly #setup: Setup;
  readonly #random: () => number;
  readonly #workers: SimWorker[] = [];

  constructor(setup: Setup) {
    this.#setup = setup;
    this.#random = seededRandom(setup.seed);
    this.stats = new EndpointStats(new SharedArrayBuffer(EndpointStats.byteLength(64)));
    // Time 0 means never in the rows.
    this.queue.runUntil(1_000);
    for (let i = 0; i < setup.backends; i++) this.#addBackend();
    for (let i = 0; i < setup.workers; i++) this.#workers.push(new SimWorker(i, this, setup.policy, this.#random));
    this.#publish();
    this.queue.after(0, () => this.#nextRequest());
  }

  get nowMs(): number {
    return this.queue.nowMs;
  }

  run(ms: number): void {
    this.queue.runUntil(this.nowMs + ms);
  }

  become(backends: readonly number[], fault: Fault): void {
    for (const index of backends) this.backends[index]!.become(fault);
  }

  /** A new endpoint becomes ready. */
  join(): SimBackend {
    const backend = this.#addBackend();
    this.#publish();
    return backend;
  }

  /** All workers do nothing for so long, as in a garbage collection or on a machine that is too busy; what arrives is handled then. */
  stall(ms: number): void {
    for (const worker of this.#workers) worker.stalledUntilMs = this.nowMs + ms;
  }

  inFlight(): number {
    return this.backends.reduce((sum, backend) => sum + this.stats.inFlight(backend.row), 0);
  }

  #addBackend(): SimBackend {
    const backend = new SimBackend(this.backends.length, this.#setup.delayMs, this.queue, this.#random);
    this.backends.push(backend);
    return backend;
  }

  #publish(): void {
    for (const worker of this.#workers) worker.pool.update(this.backends, this.nowMs);
  }

  #nextRequest(): void {
    const pauseMs = (-Math.log(1 - this.#random()) * 1_000) / this.#setup.requestsPerSecond;
    this.queue.after(pauseMs, () => {
      const record: RequestRecord = {
        startedMs: this.nowMs,
        latencyMs: Number.POSITIVE_INFINITY,
        status: 'open',
        tries: 0,
      };
      this.requests.push(record);
      const worker = this.#workers[Math.floor(this.#random() * this.#workers.length)]!;
      worker.whenAwake(() => worker.serve(record));
      this.#nextRequest();
    });
  }
}

/** One worker's pipeline, as far as balancing goes. */
class SimWorker {
  readonly pool: EndpointPool<SimBackend>;
  stalledUntilMs: number = 0;
  readonly #simulation: Simulation;
  readonly #budget = new RetryBudget(0.2, 10);
  readonly #open = new Set<SimExchange>();

  constructor(index: number, simulation: Simulation, policy: PolicyName, random: () => number) {
    this.#simulation = simulation;
    this.pool = new EndpointPool({
      stats: simulation.stats,
      worker: index,
      policy,
      random,
      maxInFlight: 1_024,
      outlier: defaultOutlier,
    });
    simulation.queue.after(random() * sweepMs, () => this.whenAwake(() => this.#sweep()));
  }

  whenAwake(run: () => void): void {
    const { queue } = this.#simulation;
    if (queue.nowMs >= this.stalledUntilMs) run();
    else queue.at(this.stalledUntilMs, run);
  }

  serve(record: RequestRecord): void {
    this.#budget.request(this.#simulation.nowMs);
    const exchange = new SimExchange(this, this.#simulation.queue, record);
    this.#open.add(exchange);
    exchange.tryNext();
  }

  mayRetry(nowMs: number): boolean {
    return this.#budget.tryTake(nowMs);
  }

  closed(exchange: SimExchange): void {
    this.#open.delete(exchange);
  }

  #sweep(): void {
    for (const exchange of this.#open) exchange.sweep();
    this.#simulation.queue.after(sweepMs, () => this.whenAwake(() => this.#sweep()));
  }
}

/** An idempotent GET with its tries. */
class SimExchange {
  readonly #worker: SimWorker;
  readonly #queue: EventQueue;
  readonly #record: RequestRecord;
  readonly #tried: SimBackend[] = [];
  #lease: Lease<SimBackend> | null = null;
  #giveUp: () => void = () => {};

  constructor(worker: SimWorker, queue: EventQueue, record: RequestRecord) {
    this.#worker = worker;
    this.#queue = queue;
    this.#record = record;
  }

  tryNext(): void {
    const lease = this.#worker.pool.pick(this.#queue.nowMs, this.#tried.length === 0 ? null : this.#tried);
    if (lease === null) this.#end('refused');
    else this.#ask(lease);
  }

  sweep(): void {
    const { nowMs } = this.#queue;
    if (!this.#lease!.checkHung(nowMs) || this.#tried.length > 0 || !this.#worker.mayRetry(nowMs)) return;
    this.#giveUp();
    this.#retryElsewhere();
  }

  #ask(lease: Lease<SimBackend>): void {
    this.#record.tries++;
    this.#lease = lease;
    const { endpoint } = lease;
    this.#giveUp = endpoint.ask((answer) => this.#worker.whenAwake(() => this.#answered(lease, answer)));
  }

  #answered(lease: Lease<SimBackend>, answer: Answer): void {
    // Given up by a sweep that came first.
    if (lease !== this.#lease) return;
    const { nowMs } = this.#queue;
    if (answer !== 'reset') lease.headReceived(nowMs, answer === 'bad-status');
    if (answer === 'ok') {
      lease.settle(nowMs, 'success');
      this.#end('ok');
    } else if (this.#tried.length === 0 && this.#worker.mayRetry(nowMs)) this.#retryElsewhere();
    else {
      lease.settle(nowMs, 'failure');
      this.#end('failed');
    }
  }

  #retryElsewhere(): void {
    const lease = this.#lease!;
    lease.settle(this.#queue.nowMs, 'failure');
    this.#tried.push(lease.endpoint);
    this.tryNext();
  }

  #end(status: 'ok' | 'failed' | 'refused'): void {
    this.#record.status = status;
    this.#record.latencyMs = this.#queue.nowMs - this.#record.startedMs;
    this.#worker.closed(this);
  }
}
