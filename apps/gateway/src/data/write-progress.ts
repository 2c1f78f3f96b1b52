import type { Socket } from 'node:net';

/** Undocumented: how much of what was handed to the system it has not taken yet. */
interface QueueHandle {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/** Tells a client that takes its output slowly from one that takes nothing. */
export class WriteProgress {
  // Of the last call that saw progress; -1 while nothing waits.
  #sinceMs: number = -1;
  #taken: number = 0;
  #inSystem: number = 0;

  /** True when nothing of what waits in `socket` was taken for `limitMs`. `written`: octets handed to it, from its beginning on. */
  stalled(socket: Socket, written: number, nowMs: number, limitMs: number): boolean {
    if (socket.writableLength === 0) {
      this.#sinceMs = -1;
      return false;
    }
    const taken = written - socket.writableLength;
    // A single large write is taken in parts.
    const inSystem = (socket as QueueHandle)._handle?.writeQueueSize ?? 0;
    if (this.#sinceMs < 0 || taken !== this.#taken || inSystem !== this.#inSystem) this.#sinceMs = nowMs;
    this.#taken = taken;
    this.#inSystem = inSystem;
    return nowMs - this.#sinceMs >= limitMs;
  }
}
