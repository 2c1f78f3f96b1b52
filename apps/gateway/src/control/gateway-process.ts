import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EndpointStats } from '@fairlead/balancer';
import { type Gateway, readClientTraffic } from '@fairlead/resources';
import { type Compiled, type ConditionProblem, emptyTable, type RouteTable } from '@fairlead/routing';
import type { AdminView, ConfigView, WorkersView } from '../admin/admin-view.ts';
import { type Clock, createClock } from '../clock.ts';
import { giveBackMemory, restoreFlags } from '../give-back-memory.ts';
import type { Log } from '../observe/log.ts';
import { WorkerMetrics } from '../observe/metrics.ts';
import type { AssignedEndpointSet } from '../protocol.ts';
import type { Settings } from '../settings.ts';
import { certificateReader } from './certificate-reader.ts';
import { controllerName, defaultAddresses } from './compile-defaults.ts';
import { ControlLoop } from './control-loop.ts';
import { LastGoodCertificates } from './last-good-certificates.ts';
import { type Generations, ServedGateways } from './served-gateways.ts';
import { allocateMemory, capacity, memoryOf } from './shared-memory.ts';
import type { SourceUpdate } from './source/directory-source.ts';
import { WorkerFleet } from './worker-fleet.ts';

export interface GatewayProcessOptions {
  readonly settings: Settings;
  /** See `ControlLoopOptions`. */
  readonly allowLocalEndpoints: boolean;
  /** Workers share ports by SO_REUSEPORT. */
  readonly sharePorts: boolean;
  readonly version: string;
  readonly log: Log;
  readonly onCompiled: (compiled: Compiled) => void;
  /** Whenever other generations of Gateways are served. */
  readonly onServed: (served: Generations) => void;
}

const ticketKeyBytes = 48;

/** One replica: the control loop and its workers over one piece of shared memory, and what the admin API may see of them. */
export class GatewayProcess implements AdminView {
  readonly startedAtMs: number = Date.now();
  readonly version: string;
  readonly stats: EndpointStats;
  readonly metrics: readonly WorkerMetrics[];
  readonly #options: GatewayProcessOptions;
  readonly #clock: Clock;
  readonly #certificates = new LastGoodCertificates(certificateReader);
  readonly #fleet: WorkerFleet;
  readonly #loop: ControlLoop;
  readonly #served: ServedGateways;
  #source: SourceUpdate | null = null;
  #updatedAtMs = 0;
  #lost = 0;
  #longestReplacementMs = 0;
  #started = false;
  #ready = false;
  #draining = false;

  constructor(options: GatewayProcessOptions) {
    const { settings, log } = options;
    this.#options = options;
    this.version = options.version;
    const clockBaseNs = process.hrtime.bigint();
    const memory = allocateMemory(settings.workers + 1);
    const ticketKeys = randomBytes(ticketKeyBytes);
    this.#clock = createClock(clockBaseNs);
    this.stats = new EndpointStats(memory.endpoints);
    this.metrics = memory.metrics.map((buffer) => new WorkerMetrics(buffer));
    this.#loop = new ControlLoop({
      compile: { controllerName, defaultAddresses, certificates: this.#certificates, readClientTraffic },
      allowLocalEndpoints: options.allowLocalEndpoints,
      memory,
      log,
      publish: (update) => this.#fleet.publish(update),
      onRuleSlotFree: (slot) => {
        for (const metrics of this.metrics) metrics.resetRule(slot);
      },
      onCompiled: options.onCompiled,
    });
    this.#served = new ServedGateways({
      binds: () => ({ wanted: this.table.binds.values(), states: this.binds }),
      onChange: options.onServed,
    });
    this.#fleet = new WorkerFleet({
      module: new URL('../data/worker.ts', import.meta.url),
      count: settings.workers,
      start: (index) => {
        const shared = memoryOf(memory, index);
        return { index, settings, memory: shared, ticketKeys, clockBaseNs, reusePort: options.sharePorts };
      },
      fullUpdate: () => this.#loop.fullUpdate(),
      timeOf: (worker) => {
        const metrics = this.metrics[worker]!;
        return { worker, busyMs: metrics.counter('busyMs'), idleMs: metrics.counter('idleMs') };
      },
      events: {
        onApplied: (version) => {
          this.#loop.noteApplied(version);
          this.#served.noteApplied(version);
        },
        onBind: (key, error) => {
          this.#loop.noteBind(key, error);
          this.#served.look();
        },
        onReady: () => this.#noteReady(),
        onLost: (index, error) => this.#noteLost(index, error),
        onReplaced: (index, tookMs) => this.#noteReplaced(index, tookMs),
      },
    });
  }

  /** Begins to load what the workers need. */
  prepare(): void {
    this.#fleet.prepare();
  }

  /** Takes what a source says; the first time the workers begin to serve. */
  async update(source: SourceUpdate): Promise<void> {
    this.#source = source;
    this.#updatedAtMs = Date.now();
    this.#certificates.keepOnly(source.state.secrets);
    await this.#loop.update(source);
    // While ports were tried there may have been another.
    if (source === this.#source) this.#served.notePublished(this.#ours(source), this.#loop.version);
    if (this.#started) return;
    this.#started = true;
    this.#fleet.start();
  }

  /** Readiness false, accepting for `graceMs` more, then no more accepting and up to the deadline for what is in flight. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    this.#loop.close();
    this.#fleet.beginDrain();
    await sleep(graceMs);
    restoreFlags();
    await this.#fleet.stop(this.#options.settings.drain.deadlineMs);
  }

  /** With debug hooks: makes the first live worker throw. */
  crashWorker(): void {
    this.#fleet.crashOne();
  }

  get notReady(): readonly string[] {
    const reasons: string[] = [];
    if (this.#source === null) reasons.push('waiting for the first configuration');
    else if (!this.#ready) reasons.push('waiting for the workers to apply the first configuration');
    if (this.#ready && this.#fleet.serving === 0) reasons.push('no worker serves');
    if (this.#ready && this.#noBindServes()) reasons.push('no port could be opened');
    if (this.#draining) reasons.push('draining');
    return reasons;
  }

  get config(): ConfigView {
    const problems = this.#source?.problems ?? [];
    return {
      version: this.#loop.version,
      updatedAtMs: this.#updatedAtMs,
      isComplete: !problems.some((problem) => problem.severity === 'error'),
      sourceProblems: problems,
    };
  }

  get workers(): WorkersView {
    const { serving, longestUpdateMs } = this.#fleet;
    const longestReplacementMs = this.#longestReplacementMs;
    return { wanted: this.#options.settings.workers, serving, lost: this.#lost, longestUpdateMs, longestReplacementMs };
  }

  get binds(): ReadonlyMap<string, string | null> {
    return this.#loop.binds;
  }

  get table(): RouteTable {
    return this.#loop.compiled?.table ?? emptyTable;
  }

  get problems(): readonly ConditionProblem[] {
    return this.#loop.compiled?.problems ?? [];
  }

  get endpointSets(): ReadonlyMap<string, AssignedEndpointSet> {
    return this.#loop.endpointSets;
  }

  get ruleSlots(): Iterable<readonly [rule: string, slot: number]> {
    return this.#loop.ruleSlots.entries();
  }

  get sharedRuleSlot(): number | null {
    return this.#loop.ruleSlots.size < this.table.rules.size ? capacity.rules - 1 : null;
  }

  nowMs(): number {
    return this.#clock.now();
  }

  #ours({ state }: SourceUpdate): readonly Gateway[] {
    const ours = this.#loop.compiled?.statuses.gateways;
    return [...state.gateways].flatMap(([key, gateway]) => (ours?.has(key) ? [gateway] : []));
  }

  #noBindServes(): boolean {
    const wanted = [...this.table.binds.keys()];
    return wanted.length > 0 && wanted.every((key) => this.binds.get(key) !== null);
  }

  #noteReady(): void {
    this.#ready = true;
    const tookMs = Math.round(performance.now());
    const { rules, binds } = this.table;
    giveBackMemory();
    this.#options.log.info({ rules: rules.size, listening: [...binds.keys()].join(' '), tookMs }, 'ready');
  }

  #noteLost(index: number, error: Error): void {
    this.#lost++;
    this.stats.clearWorker(index);
    this.metrics[index]!.clearGauges();
    this.#options.log.error({ err: error, worker: index }, 'a worker was lost; another takes its place');
  }

  #noteReplaced(index: number, tookMs: number): void {
    this.#longestReplacementMs = Math.max(this.#longestReplacementMs, tookMs);
    this.#options.log.info({ worker: index, tookMs: Math.round(tookMs) }, 'another worker serves in its place');
  }
}
