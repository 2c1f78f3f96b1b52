/** What a worker counts besides exchanges. Those that go down again are gauges: `count(name, -1)`. */
export type CounterName = (typeof counterNames)[number];

/** Families that are counted by a stable code of this program, as the access log and `x-fairlead-reason` carry it. */
export type ReasonFamily = (typeof reasonFamilies)[number];

export const counterNames = [
  /** Client connections taken, and those open now. */
  'connectionsAccepted',
  'connectionsOpen',
  /** Exchanges begun and not yet done; tunnels among them. */
  'requestsInFlight',
  'tunnelsOpen',
  /** Connections to endpoints made, and those open now. */
  'upstreamConnectionsOpened',
  'upstreamConnectionsOpen',
  /** Of these, the HTTP/2 connections, with their streams; and how they end: the endpoint leaves, or does not answer a PING. */
  'upstreamHttp2ConnectionsOpen',
  'upstreamHttp2StreamsOpen',
  'upstreamGoaways',
  'upstreamPingsFailed',
  /** Requests sent to endpoints, first tries and retries. */
  'tries',
  'retries',
  /** Retries that the budget did not allow. */
  'retriesRefused',
  'mirrorsSent',
  'mirrorsDropped',
  'accessLogLinesDropped',
  /** What the worker's event loop did, in milliseconds. */
  'busyMs',
  'idleMs',
] as const;

export const reasonFamilies = [
  /** Exchanges answered here or cut short. */
  'requestFailures',
  /** Connections and requests turned away before they became an exchange: malformed bytes, too many per client, a deadline. */
  'connectionFailures',
  /** Client connections asked to leave. */
  'connectionsRecycled',
] as const;

/** Those that a lost worker takes with it. */
const gauges: readonly CounterName[] = [
  'connectionsOpen',
  'requestsInFlight',
  'tunnelsOpen',
  'upstreamConnectionsOpen',
  'upstreamHttp2ConnectionsOpen',
  'upstreamHttp2StreamsOpen',
];

/** Upper bounds of the histograms' buckets, in milliseconds; one more bucket takes the rest. */
export const bucketBoundsMs: readonly number[] = [
  0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000,
];

const buckets = bucketBoundsMs.length + 1;
const bounds = Float64Array.from(bucketBoundsMs);

/** Cells of one rule. A status class is the status' first digit; 0: no response was begun. */
const classCells = 0;
const durationSumCell = 6;
const durationCells = 7;
const upstreamSumCell = durationCells + buckets;
const upstreamCells = upstreamSumCell + 1;
const requestBytesCell = upstreamCells + buckets;
const responseBytesCell = requestBytesCell + 1;
/** By status of gRPC, 0 … 16. */
const grpcCells = responseBytesCell + 1;
const grpcStatuses = 17;
const ruleCells = grpcCells + grpcStatuses;

/** A family of reasons: names are learned as they come, written into the buffer for the reading thread. */
const maxReasons = 96;
const reasonNameBytes = 48;
const reasonCells = 1 + reasonNameBytes / 8;
const familyCells = maxReasons * reasonCells;

const reasonsStart = counterNames.length;
const rulesStart = reasonsStart + reasonFamilies.length * familyCells;

/**
 * The metrics of one worker in a buffer of its own, read by the control thread: a fixed number of cells, added to without atomics since only
 * the worker writes. An aligned 64-bit store is not torn on the platforms Node 26 runs on. The buffer outlives the worker, so that counters
 * never go back when one is replaced.
 */
export class WorkerMetrics {
  readonly #cells: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #reasons: ReadonlyMap<ReasonFamily, Map<string, number>>;

  /** `ruleSlots`: rules are counted in slots 0 … ruleSlots - 1. */
  static byteLength(ruleSlots: number): number {
    return (rulesStart + (ruleSlots + 1) * ruleCells) * Float64Array.BYTES_PER_ELEMENT;
  }

  constructor(buffer: SharedArrayBuffer) {
    this.#cells = new Float64Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#reasons = new Map(reasonFamilies.map((family) => [family, this.#knownReasons(family)]));
  }

  /**
   * One exchange is over. `ruleSlot` -1: no rule matched. `status` 0: no response was begun. `durationMs` from the request head's arrival to
   * the last byte of the response; `upstreamMs` of the last try to its response head, -1 without one. Octets of content.
   */
  exchangeDone(
    ruleSlot: number,
    status: number,
    durationMs: number,
    upstreamMs: number,
    requestBytes: number,
    responseBytes: number,
  ): void {
    const cells = this.#cells;
    const at = rulesStart + (ruleSlot + 1) * ruleCells;
    cells[at + classCells + statusClass(status)]! += 1;
    cells[at + durationSumCell]! += durationMs;
    cells[at + durationCells + bucketOf(durationMs)]! += 1;
    if (upstreamMs >= 0) {
      cells[at + upstreamSumCell]! += upstreamMs;
      cells[at + upstreamCells + bucketOf(upstreamMs)]! += 1;
    }
    cells[at + requestBytesCell]! += requestBytes;
    cells[at + responseBytesCell]! += responseBytes;
  }

  /** One gRPC call, counted by `exchangeDone` too, ended with `status`, 0 … 16. */
  callDone(ruleSlot: number, status: number): void {
    this.#cells[rulesStart + (ruleSlot + 1) * ruleCells + grpcCells + status]! += 1;
  }

  count(name: CounterName, by: number = 1): void {
    this.#cells[counterCell[name]]! += by;
  }

  /** `reason`: a code of this program (never text of a client). Beyond 96 of a family, all count as `other`. */
  countReason(family: ReasonFamily, reason: string): void {
    const cell = this.#reasons.get(family)!.get(reason) ?? this.#learnReason(family, reason);
    this.#cells[cell]! += 1;
  }

  // ---- the control thread's part ----

  counter(name: CounterName): number {
    return this.#cells[counterCell[name]]!;
  }

  /** Counts by reason. A worker may learn reasons at any time, so they are read from the buffer. */
  reasons(family: ReasonFamily): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const [reason, cell] of this.#knownReasons(family)) {
      counts.set(reason, (counts.get(reason) ?? 0) + this.#cells[cell]!);
    }
    return counts;
  }

  /** Adds what this worker counted for a rule to `sum`. Slot -1: requests that no rule matched. */
  addRule(ruleSlot: number, sum: RuleSums): void {
    const cells = this.#cells;
    const at = rulesStart + (ruleSlot + 1) * ruleCells;
    for (let i = 0; i < sum.statusClasses.length; i++) sum.statusClasses[i]! += cells[at + classCells + i]!;
    for (let i = 0; i < buckets; i++) {
      sum.duration.counts[i]! += cells[at + durationCells + i]!;
      sum.upstream.counts[i]! += cells[at + upstreamCells + i]!;
    }
    sum.duration.sumMs += cells[at + durationSumCell]!;
    sum.upstream.sumMs += cells[at + upstreamSumCell]!;
    for (let i = 0; i < grpcStatuses; i++) sum.grpcStatuses[i]! += cells[at + grpcCells + i]!;
    sum.requestBytes += cells[at + requestBytesCell]!;
    sum.responseBytes += cells[at + responseBytesCell]!;
  }

  /** The slot is handed to another rule. */
  resetRule(ruleSlot: number): void {
    const at = rulesStart + (ruleSlot + 1) * ruleCells;
    this.#cells.fill(0, at, at + ruleCells);
  }

  /** The worker is gone: so are its connections and what was in flight. */
  clearGauges(): void {
    for (const name of gauges) this.#cells[counterCell[name]] = 0;
  }

  #knownReasons(family: ReasonFamily): Map<string, number> {
    const known = new Map<string, number>();
    for (let i = 0; i < maxReasons; i++) {
      const cell = familyStart(family) + i * reasonCells;
      const name = this.#readName(cell + 1);
      if (name === '') break;
      known.set(name, cell);
    }
    return known;
  }

  #learnReason(family: ReasonFamily, reason: string): number {
    const known = this.#reasons.get(family)!;
    // The last place is kept for what has none.
    const isFull = known.size >= maxReasons - 1;
    if (isFull && known.has(otherReason)) return known.get(otherReason)!;
    const name = isFull || reason === '' ? otherReason : reason.slice(0, reasonNameBytes);
    const cell = known.get(name) ?? familyStart(family) + known.size * reasonCells;
    if (!known.has(name)) this.#writeName(cell + 1, name);
    known.set(name, cell);
    return cell;
  }

  #readName(cell: number): string {
    let name = '';
    for (let i = cell * 8; i < cell * 8 + reasonNameBytes && this.#bytes[i] !== 0; i++) {
      name += String.fromCharCode(this.#bytes[i]!);
    }
    return name;
  }

  /** Backwards, so that a reader meets the whole name or none. */
  #writeName(cell: number, name: string): void {
    for (let i = name.length - 1; i >= 0; i--) this.#bytes[cell * 8 + i] = name.charCodeAt(i) & 0x7f;
  }
}

/** What all workers together counted for one rule. */
export interface RuleSums {
  /** By status class, 0 … 5; 0: no response was begun. */
  readonly statusClasses: number[];
  /** By status of gRPC. */
  readonly grpcStatuses: number[];
  readonly duration: HistogramSums;
  readonly upstream: HistogramSums;
  requestBytes: number;
  responseBytes: number;
}

interface HistogramSums {
  /** Not cumulative; one more than `bucketBoundsMs`. */
  readonly counts: number[];
  sumMs: number;
}

export function emptyRuleSums(): RuleSums {
  return {
    statusClasses: new Array<number>(6).fill(0),
    grpcStatuses: new Array<number>(grpcStatuses).fill(0),
    duration: { counts: new Array<number>(buckets).fill(0), sumMs: 0 },
    upstream: { counts: new Array<number>(buckets).fill(0), sumMs: 0 },
    requestBytes: 0,
    responseBytes: 0,
  };
}

const otherReason = 'other';
/** A plain object: call sites name their counter, and the look-up folds into a constant there. */
const counterCell: Readonly<Record<CounterName, number>> = Object.fromEntries(
  counterNames.map((name, i) => [name, i]),
) as Record<CounterName, number>;

function familyStart(family: ReasonFamily): number {
  return reasonsStart + reasonFamilies.indexOf(family) * familyCells;
}

/** Statuses beyond 599 mean what 5xx does (RFC 9110 §15). */
function statusClass(status: number): number {
  return status < 600 ? (status / 100) | 0 : 5;
}

/** Most requests are answered within a few milliseconds: a scan from below ends after three or four comparisons. */
function bucketOf(ms: number): number {
  let bucket = 0;
  while (bucket < buckets - 1 && ms > bounds[bucket]!) bucket++;
  return bucket;
}
