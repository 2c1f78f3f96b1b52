import { Field, internName } from '@fairlead/message';

/** What one direction of an exchange is to carry. */
export interface FlowPlan {
  /** Octets of each part. */
  readonly parts: readonly number[];
  readonly trailers: boolean;
  /** Content-Length is declared. */
  readonly declared: boolean;
}

export function sizeOf(plan: FlowPlan): number {
  return plan.parts.reduce((sum, part) => sum + part, 0);
}

const sampleTrailers: readonly Field[] = [new Field(internName('x-checksum'), 'abc')];

/** Octets that say where they belong: no two positions near each other look alike. */
const pattern = Buffer.from(Uint8Array.from({ length: 400_000 }, (_, i) => (i * 167 + (i >>> 8) * 31) & 255));

interface BodySink {
  sendData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean;
  sendTrailers(fields: readonly Field[]): void;
}

/** Sends a body as its plan says, and stops when it is told to. */
export class FlowSource {
  readonly #plan: FlowPlan;
  readonly #seed: number;
  #part: number = 0;
  #offset: number = 0;
  /** `sendData` answered false. */
  waiting: boolean = false;
  done: boolean = false;

  constructor(plan: FlowPlan, seed: number) {
    this.#plan = plan;
    this.#seed = seed;
    this.done = plan.parts.length === 0 && !plan.trailers;
  }

  /** The next part, or the trailers. */
  step(sink: BodySink): void {
    const { parts, trailers } = this.#plan;
    if (this.waiting || this.done) return;
    if (this.#part === parts.length) {
      this.done = true;
      sink.sendTrailers(sampleTrailers);
      return;
    }
    const size = parts[this.#part]!;
    this.#part++;
    const start = this.#seed + this.#offset;
    this.#offset += size;
    const last = this.#part === parts.length && !trailers;
    this.done = last;
    const sent = sink.sendData(pattern, start, start + size, last);
    this.waiting = !sent && !last;
  }
}

/** Checks every octet of a body, and now and then has no room. */
export class FlowTarget {
  readonly #plan: FlowPlan;
  readonly #seed: number;
  received: number = 0;
  complete: boolean = false;
  /** Answered false and not resumed yet. */
  holding: boolean = false;

  constructor(plan: FlowPlan, seed: number) {
    this.#plan = plan;
    this.#seed = seed;
  }

  data(bytes: Uint8Array, start: number, end: number, last: boolean, takes: boolean): boolean {
    const at = this.#seed + this.received;
    if (pattern.compare(bytes, start, end, at, at + end - start) !== 0) throw new Error(`Other octets at ${at}.`);
    this.received += end - start;
    if (this.complete) throw new Error('Octets behind the end.');
    if (last) this.#end(false);
    if (!takes) this.holding = true;
    return takes;
  }

  trailers(fields: readonly Field[]): void {
    if (fields.length !== 1 || fields[0]!.value !== 'abc') throw new Error('Other trailers.');
    this.#end(true);
  }

  /** The head said that nothing follows. */
  empty(): void {
    this.#end(false);
  }

  #end(trailers: boolean): void {
    const size = sizeOf(this.#plan);
    if (this.received !== size) throw new Error(`${this.received} octets instead of ${size}.`);
    if (trailers !== this.#plan.trailers) throw new Error('The end is another.');
    this.complete = true;
  }
}
