import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';

/** Largest piece of a turn, in octets; drawn by chance for each. */
const sizes = [3, 40, 700, 9_000, 70_000] as const;
/** Beyond this the source waits. */
const maxQueuedBytes = 262_144;
/** Pieces written in one turn: a turn for each would be slow, and so would be one of all. */
const maxPiecesPerTurn = 40;

/** Octets on their way in one direction, written in pieces of random size in later turns. */
export class Pieces {
  readonly #to: Socket;
  readonly #from: Socket;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #isScheduled = false;
  #hasEnded = false;

  constructor(to: Socket, from: Socket) {
    this.#to = to;
    this.#from = from;
    to.on('drain', () => this.#schedule());
  }

  add(data: Buffer): void {
    this.#queue.push(data);
    this.#queuedBytes += data.length;
    if (this.#queuedBytes > maxQueuedBytes) this.#from.pause();
    this.#schedule();
  }

  end(): void {
    this.#hasEnded = true;
    this.#schedule();
  }

  /** Now and then a little later, so that what comes meanwhile is joined. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    if (randomInt(20) === 0) setTimeout(() => this.#write(), 1);
    else setImmediate(() => this.#write());
  }

  #write(): void {
    this.#isScheduled = false;
    if (this.#to.destroyed) return;
    let rest = this.#queue.length === 1 ? this.#queue[0]! : Buffer.concat(this.#queue);
    let isOpen = true;
    const largest = sizes[randomInt(sizes.length)]!;
    for (let n = 0; isOpen && rest.length > 0 && n < maxPiecesPerTurn; n++) {
      const size = Math.min(rest.length, 1 + randomInt(largest));
      isOpen = this.#to.write(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
    this.#queue = rest.length > 0 ? [rest] : [];
    this.#queuedBytes = rest.length;
    if (rest.length < maxQueuedBytes) this.#from.resume();
    if (rest.length === 0 && this.#hasEnded) this.#to.end();
    else if (rest.length > 0 && isOpen) this.#schedule();
  }
}
