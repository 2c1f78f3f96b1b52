import { KubeApiError } from './kube-error.ts';

/** More than this without a line break is no object: etcd takes 1.5 MB of one, and JSON does not make 40 of it. */
const maxLineBytes = 64 * 1024 * 1024;

/** Cuts a stream of bytes into lines. Each byte is copied at most once, however many chunks a line comes in. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #parts: Uint8Array[] = [];
  #pending = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** Throws what `onLine` throws, and `KubeApiError` on a line without end. */
  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const last = chunk.subarray(start, end);
      start = end + 1;
      this.#onLine(this.#pending === 0 ? last.toString('utf8') : this.#take(last));
    }
    if (start === chunk.length) return;
    this.#parts.push(chunk.subarray(start));
    this.#pending += chunk.length - start;
    if (this.#pending > maxLineBytes) throw new KubeApiError(0, 'BadResponse', 'a line of the watch has no end');
  }

  /** What came after the last line break: a line that was cut. */
  get pendingBytes(): number {
    return this.#pending;
  }

  #take(last: Uint8Array): string {
    const whole = Buffer.concat([...this.#parts, last]);
    this.#parts = [];
    this.#pending = 0;
    return whole.toString('utf8');
  }
}

const newline = 0x0a;
