import { EndpointStats } from '@fairlead/balancer';
import {
  type Bind,
  type Compiled,
  type CompileOptions,
  compile,
  diffTables,
  emptyTable,
  isEmptyDiff,
  type RouteTable,
} from '@fairlead/routing';
import type { Log } from '../observe/log.ts';
import type { AssignedEndpointSet, ToWorker } from '../protocol.ts';
import { BindGate, probePort } from './bind-gate.ts';
import { EndpointIndex } from './endpoint-index.ts';
import { EndpointRows } from './endpoint-rows.ts';
import { capacity, type FleetMemory } from './shared-memory.ts';
import { SlotTable } from './slot-table.ts';
import type { SourceUpdate } from './source/directory-source.ts';

type Update = ToWorker & { readonly type: 'update' };

export interface ControlLoopOptions {
  readonly compile: Omit<CompileOptions, 'bindErrors'>;
  /** Endpoints may be loopback, link-local and metadata addresses. */
  readonly allowLocalEndpoints: boolean;
  readonly memory: FleetMemory;
  readonly log: Log;
  /** To the workers that live. */
  readonly publish: (update: Update) => void;
  /** No worker counts for `slot` any more; another rule may get it. */
  readonly onRuleSlotFree: (slot: number) => void;
  /** After every compile. */
  readonly onCompiled: (compiled: Compiled) => void;
}

const rebindMs = 1_000;

/**
 * From what a source says to what workers execute. Two speeds: objects are compiled and their difference is sent; endpoints alone skip the
 * compile. Keeps nothing of a request, and does no I/O but the probe of a new port.
 */
export class ControlLoop {
  readonly #options: ControlLoopOptions;
  readonly #gate: BindGate;
  readonly #stats: EndpointStats;
  readonly #rows: EndpointRows;
  readonly #rowSlots = new SlotTable(capacity.endpoints);
  /** The last slot is shared by all rules beyond the capacity. */
  readonly #ruleSlots = new SlotTable(capacity.rules - 1);
  readonly #index: EndpointIndex;
  readonly #binds = new Map<string, string | null>();
  #source: SourceUpdate | null = null;
  #compiled: Compiled | null = null;
  #published: RouteTable = emptyTable;
  #version = 0;

  constructor(options: ControlLoopOptions) {
    this.#options = options;
    this.#stats = new EndpointStats(options.memory.endpoints);
    this.#index = new EndpointIndex({
      allowLoopback: options.allowLocalEndpoints,
      onRefused: (backend, address) =>
        options.log.warn({ backend, address }, 'endpoint left out: a local address; see --allow-local-endpoints'),
    });
    this.#rows = new EndpointRows(this.#rowSlots, (key) => {
      options.log.error({ endpoint: key, capacity: capacity.endpoints }, 'endpoint left out: too many endpoints');
    });
    this.#gate = new BindGate({
      probe: probePort,
      retryMs: rebindMs,
      onOpen: () => this.#publish([]),
      onTaken: (key, error) => this.noteBind(key, error),
    });
  }

  /** Null before the first update. */
  get compiled(): Compiled | null {
    return this.#compiled;
  }

  /** By `Bind.key`: null while it serves, else the system's error code. Absent until somebody tried. */
  get binds(): ReadonlyMap<string, string | null> {
    return this.#binds;
  }

  get version(): number {
    return this.#version;
  }

  get endpointSets(): ReadonlyMap<string, AssignedEndpointSet> {
    return this.#rows.sets;
  }

  get ruleSlots(): SlotTable {
    return this.#ruleSlots;
  }

  /** Resolves when every new port was tried once; everything else has been published before. */
  async update(source: SourceUpdate): Promise<void> {
    const compiles = this.#source?.state !== source.state || this.#source.places !== source.places;
    this.#source = source;
    if (compiles) this.#compile();
    this.#publish(this.#assignEndpoints());
    if (compiles) await this.#gate.update(this.#compiled!.table.binds);
  }

  /** Whether a bind serves, as the probe or the workers saw it. */
  noteBind(key: string, error: string | null): void {
    const before = this.#binds.get(key);
    this.#binds.set(key, error);
    const bind = this.#compiled?.table.binds.get(key);
    if (before === error || bind === undefined) return;
    if (error !== null) this.#options.log.error(`can't listen on ${key}: ${error}${whoAsked(bind)}; trying again`);
    else if (before !== undefined) this.#options.log.info({ bind: key }, 'listening after all');
    if (error !== null || before !== undefined) this.#compile();
  }

  /** All live workers have applied `version`: what was given up until then can be used again. */
  noteApplied(version: number): void {
    const turns = new Int32Array(this.#options.memory.turns);
    this.#rowSlots.reclaim(
      version,
      (row) => this.#stats.inFlight(row) === 0,
      (row) => this.#stats.reset(row),
    );
    this.#ruleSlots.reclaim(
      version,
      () => true,
      (slot) => {
        Atomics.store(turns, slot, 0);
        this.#options.onRuleSlotFree(slot);
      },
    );
  }

  /** What brings a worker from nothing to the present. */
  fullUpdate(): Update {
    const table = this.#published;
    return {
      type: 'update',
      version: this.#version,
      table: diffTables(emptyTable, table),
      ruleSlots: [...table.rules.keys()].map((rule) => [rule, this.#slotOf(rule)]),
      endpoints: [...this.#rows.sets.values()],
    };
  }

  close(): void {
    this.#gate.close();
  }

  #compile(): void {
    const { places } = this.#source!;
    const options = {
      ...this.#options.compile,
      ...(places && { placements: places.placements, defaultAddresses: places.listenOn }),
      bindErrors: this.#bindErrors(),
    };
    this.#compiled = compile(this.#source!.state, options, this.#compiled);
    for (const key of this.#binds.keys()) if (!this.#compiled.table.binds.has(key)) this.#binds.delete(key);
    this.#options.onCompiled(this.#compiled);
  }

  #bindErrors(): ReadonlyMap<string, string> {
    return new Map([...this.#binds].filter((entry): entry is [string, string] => entry[1] !== null));
  }

  #assignEndpoints(): readonly AssignedEndpointSet[] {
    const { state, slices } = this.#source!;
    const { changed, removed } = this.#index.update(this.#compiled!.table.backends, state.services, slices);
    const version = this.#version + 1;
    for (const backend of removed) this.#rows.remove(backend, version);
    return changed.map((set) => this.#rows.assign(set, version));
  }

  /** Sends what differs from what was sent before. */
  #publish(endpoints: readonly AssignedEndpointSet[]): void {
    const { table } = this.#compiled!;
    const next = { ...table, binds: new Map([...table.binds].filter(([key]) => this.#gate.isOpen(key))) };
    const diff = diffTables(this.#published, next);
    // The first is sent even when there is nothing to serve yet: it makes the workers ready.
    if (isEmptyDiff(diff) && endpoints.length === 0 && this.#version > 0) return;
    const version = ++this.#version;
    this.#published = next;
    for (const rule of diff.rules.remove) this.#ruleSlots.release(rule, version);
    const ruleSlots = diff.rules.set.map(([rule]) => [rule, this.#slotOf(rule)] as const);
    this.#options.publish({ type: 'update', version, table: diff, ruleSlots, endpoints });
  }

  #slotOf(rule: string): number {
    return this.#ruleSlots.acquire(rule) ?? capacity.rules - 1;
  }
}

function whoAsked(bind: Bind): string {
  const names = bind.listeners.map(
    ({ gateway, name }) => `listener "${name}" of Gateway "${gateway.namespace}/${gateway.name}"`,
  );
  return names.length === 0 ? '' : ` (asked for by ${names.join(', ')})`;
}
