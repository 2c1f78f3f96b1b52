import type { Field } from '@fairlead/message';
import type { Octets } from '../octets.ts';
import type { ByteQueue } from './byte-queue.ts';

/**
 * What both ends of a stream have: its state (RFC 9113 §5.1), its windows, and what waits to be sent. Fields belong to the one who is named
 * behind them; nobody else writes them.
 *
 * | state             | `remoteEnded` | `localEnded` | `closed` |
 * | open              |               |              |          |
 * | half-closed local |               | yes          |          |
 * | half-closed remote| yes           |              |          |
 * | closed            |               |              | yes      |
 */
export abstract class Stream {
  readonly id: number;
  /** The peer's END_STREAM was received. (`Session`) */
  remoteEnded: boolean = false;
  /** Our END_STREAM was written. (`Outbound`) */
  localEnded: boolean = false;
  /** Both, or reset: out of the table. (`Session`) */
  closed: boolean = false;

  /** What the peer allows us to send. Negative after it has lowered its first window. (`Outbound`, as all of these) */
  sendWindow: number = 0;
  /** Octets that our content-length leaves; -1 without one. */
  unsent: number = -1;
  /** Octets that wait for windows or the socket. Null until some had to. */
  queue: ByteQueue | null = null;
  /** The message ends behind the queue: with these fields, or with the last octets. */
  queuedTrailers: readonly Field[] | null = null;
  queuedEnd: boolean = false;
  /** `sendData` answered false and `drained` did not come since. */
  drainWanted: boolean = false;
  /** In the ring of those that could send. */
  ready: boolean = false;
  previousReady: Stream | null = null;
  nextReady: Stream | null = null;
  /** When its output began to wait, or was taken from last. */
  sentMs: number = 0;

  /** What we allow the peer to send. (`Inbound`, as all of these) */
  receiveWindow: number = 0;
  /** What `receiveWindow` is opened to. */
  receiveSize: number = 0;
  /** Octets that the receiver took since the peer was given credit. */
  consumed: number = 0;
  /** Octets that the peer's content-length leaves; -1 without one. */
  unreceived: number = -1;
  /** The receiver queued what it got: no credit until it resumes. */
  heldBack: boolean = false;

  beganMs: number = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** DATA may come: not before the head of a response. */
  abstract get takesData(): boolean;

  /** Lends a part of the body. False: the receiver had to queue it. `remoteEnded` is set before the last. */
  abstract deliver(bytes: Octets, start: number, end: number, last: boolean): boolean;

  /** Nothing waits any more: what `sendData` answered false for is on its way. */
  abstract drained(): void;

  /** Our END_STREAM was written. */
  abstract onLocalEnd(): void;

  /** What was put off to the end of the turn. */
  abstract onTurnEnd(): void;
}
