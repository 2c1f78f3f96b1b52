/** Lines per minute; a fault that every request meets must not fill a disk. */
const maxPerMinute = 20;

/** What went wrong inside a worker without ending it: JSON lines on stderr, at most 20 a minute. */
export class FaultLog {
  #minute: number = 0;
  #lines: number = 0;

  /** `epochMs`: wall-clock time. */
  write(error: unknown, epochMs: number): void {
    const minute = Math.floor(epochMs / 60_000);
    if (minute !== this.#minute) this.#lines = 0;
    this.#minute = minute;
    if (++this.#lines > maxPerMinute) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const line = { level: 'error', time: new Date(epochMs).toISOString(), msg: 'fault in a worker', err: text };
    process.stderr.write(`${JSON.stringify(line)}\n`);
  }
}
