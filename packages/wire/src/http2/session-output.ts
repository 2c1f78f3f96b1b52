import type { Octets } from '../octets.ts';

/** Memory and socket of a session, given by its owner. */
export interface SessionOutput {
  /** Memory for at least `size` octets to compose frames in: 8 KiB, 64 KiB, or more where a head is larger. */
  take(size: number): Octets;
  /** `bytes[0, size)` goes to the socket; the memory, which came from `take`, belongs to the callee again. */
  send(bytes: Octets, size: number): void;
  /** Something waits: the owner calls `flush` at the end of the turn. Once until then. */
  dirty(): void;
}
