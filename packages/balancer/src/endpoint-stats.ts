import { estimateMs } from './latency.ts';
import { Cell, Count, cellReals, generationIndex, headerReals, maxWorkers, Real, rowReals } from './row-layout.ts';

/**
 * Statistics of all endpoints in memory shared by every worker and the control thread: one row per address:port, so that health belongs to an
 * endpoint and not to a Service, and what one worker learns holds for all. Times are milliseconds of a monotonic clock that the threads share.
 *
 * Lock-free; see row-layout.ts for what races can cost.
 */
export class EndpointStats {
  readonly rows: number;
  /** The memory, for the parts of this package. */
  readonly reals: Float64Array;
  readonly counts: Int32Array;

  /** Octets needed for so many rows. Pages that are never touched cost nothing. */
  static byteLength(rows: number): number {
    return (headerReals + rows * (rowReals + maxWorkers * cellReals)) * Float64Array.BYTES_PER_ELEMENT;
  }

  constructor(buffer: SharedArrayBuffer) {
    this.reals = new Float64Array(buffer);
    this.counts = new Int32Array(buffer);
    this.rows = Math.floor((this.reals.length - headerReals) / (rowReals + maxWorkers * cellReals));
  }

  /** Hands a row to another endpoint: everything is forgotten. Control thread only, when no worker uses the row any more. */
  reset(row: number): void {
    const base = this.realsOf(row);
    this.reals.fill(0, base, base + rowReals);
    for (let worker = 0; worker < maxWorkers; worker++) {
      const cell = this.cellOf(worker, row);
      // Reading leaves an untouched page untouched.
      for (let i = cell; i < cell + cellReals; i++) if (this.reals[i] !== 0) this.reals[i] = 0;
    }
    this.touch();
  }

  /** Takes back what a worker that has ended still had in flight. Call before another one gets its index. */
  clearWorker(worker: number): void {
    for (let row = 0; row < this.rows; row++) {
      const cell = this.cellOf(worker, row);
      const counts = this.countsOf(row);
      this.#takeBack(cell + Cell.inFlight, counts + Count.inFlight);
      this.#takeBack(cell + Cell.overdue, counts + Count.overdue);
      if (this.counts[counts + Count.prober] === worker + 1) Atomics.store(this.counts, counts + Count.prober, 0);
    }
    this.touch();
  }

  /** Requests being served by this endpoint, over all workers; a request ends with its body. */
  inFlight(row: number): number {
    return this.counts[this.countsOf(row) + Count.inFlight]!;
  }

  /** Peak EWMA of the time to the response head, faded towards the endpoint's own mean; 0 when never measured. */
  latencyMs(row: number, nowMs: number): number {
    return estimateMs(this, row, nowMs, 0, 0);
  }

  /** 0: in use. A time that has passed: in probation, a single request decides. */
  ejectedUntilMs(row: number): number {
    return this.isOut(row) ? this.reals[this.realsOf(row) + Real.ejectedUntilMs]! : 0;
  }

  /** How often it was ejected since it has its row. */
  ejections(row: number): number {
    return this.counts[this.countsOf(row) + Count.ejections]!;
  }

  /** Tries that came to an end, over all workers; those that the client cancelled are left out. */
  requests(row: number): number {
    return this.#sum(row, Cell.requests);
  }

  /** How many of `requests` failed. */
  failures(row: number): number {
    return this.#sum(row, Cell.failures);
  }

  /** Ejected or in probation. */
  isOut(row: number): boolean {
    return this.counts[this.countsOf(row) + Count.out] !== 0;
  }

  /** Index of a row's first real. */
  realsOf(row: number): number {
    return headerReals + row * rowReals;
  }

  /** Index of a row's first count. */
  countsOf(row: number): number {
    return 2 * (headerReals + row * rowReals);
  }

  /** Index of the first real of a worker's cell. */
  cellOf(worker: number, row: number): number {
    return headerReals + this.rows * rowReals + (worker * this.rows + row) * cellReals;
  }

  /** Changes whenever an endpoint goes out, comes back or needs attention: what was derived from the rows is out of date. */
  get generation(): number {
    return this.counts[generationIndex]!;
  }

  touch(): void {
    Atomics.add(this.counts, generationIndex, 1);
  }

  #takeBack(cell: number, count: number): void {
    const left = this.reals[cell]!;
    if (left === 0) return;
    this.reals[cell] = 0;
    Atomics.sub(this.counts, count, left);
  }

  #sum(row: number, field: number): number {
    let sum = 0;
    for (let worker = 0; worker < maxWorkers; worker++) sum += this.reals[this.cellOf(worker, row) + field]!;
    return sum;
  }
}
