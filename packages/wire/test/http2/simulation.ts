import type { RequestHead, RequestReceiver } from '@fairlead/message';
import {
  ClientSession,
  type ClientSink,
  type Http2ServerSettings,
  ServerSession,
  type ServerSink,
  ServerStream,
  type SessionReason,
} from '../../src/index.ts';
import { MemoryOutput } from './memory-output.ts';
import { Random } from './random.ts';
import { type ExchangePlan, SimulatedExchange } from './simulated-exchange.ts';

export interface SimulationPlan {
  readonly seed: number;
  readonly exchanges: readonly ExchangePlan[];
  readonly client: Http2ServerSettings;
  readonly server: Http2ServerSettings;
  /** Octets on their way before a socket is behind. */
  readonly socketBytes: number;
  /** Longest piece that arrives at once. */
  readonly pieceBytes: number;
}

/** One direction of the connection. */
class Link {
  readonly output: MemoryOutput = new MemoryOutput();
  #way: Buffer = Buffer.alloc(0);
  #behind: boolean = false;

  get idle(): boolean {
    return this.#way.length === 0 && this.output.pending === 0;
  }

  /** A turn ends: whoever asked for it is flushed, nobody else. */
  flush(session: ClientSession | ServerSession, socketBytes: number): void {
    if (this.output.isDirty) {
      this.output.isDirty = false;
      session.flush();
    }
    this.#take(session, socketBytes);
  }

  deliver(
    to: ClientSession | ServerSession,
    from: ClientSession | ServerSession,
    size: number,
    plan: SimulationPlan,
  ): void {
    const piece = this.#way.subarray(0, size);
    this.#way = this.#way.subarray(size);
    if (piece.length > 0) {
      // Lent: what is kept of it would be seen.
      const lent = Buffer.from(piece);
      to.receive(lent, 0, lent.length, 1);
      lent.fill(0xdd);
    }
    this.#take(from, plan.socketBytes);
  }

  #take(session: ClientSession | ServerSession, socketBytes: number): void {
    if (this.output.pending > 0) this.#way = Buffer.concat([this.#way, this.output.drain()]);
    const behind = this.#way.length > socketBytes;
    if (behind !== this.#behind) session.outputBlocked(behind);
    this.#behind = behind;
  }
}

/**
 * A client session and a server session with a connection between them, all in one thread: every step is one random action, and a run is
 * the same for the same plan. Throws when an octet is wrong, when somebody is told what he must not be, and when nothing moves although
 * exchanges are open.
 */
export class Simulation implements ServerSink, ClientSink {
  readonly #plan: SimulationPlan;
  readonly #random: Random;
  readonly #up: Link = new Link();
  readonly #down: Link = new Link();
  readonly client: ClientSession;
  readonly server: ServerSession;
  readonly exchanges: SimulatedExchange[];
  readonly errors: SessionReason[] = [];
  #opened: number = 0;
  /** From here on exchanges may be open. */
  #first: number = 0;

  constructor(plan: SimulationPlan) {
    this.#plan = plan;
    this.#random = new Random(plan.seed);
    this.client = new ClientSession(plan.client, this.#up.output, this);
    this.server = new ServerSession(plan.server, this.#down.output, this);
    this.exchanges = plan.exchanges.map((each, i) => new SimulatedExchange(each, i, this.#random));
    this.client.start();
    this.server.start();
  }

  /** Until all exchanges are over and nothing is on its way. */
  run(maxSteps: number): void {
    for (let i = 0; i < maxSteps; i++) {
      this.#step();
      if ((i & 63) === 0 && this.#isDone()) return;
    }
    const open = this.exchanges.filter(({ over }) => !over).map((each) => each.describe());
    throw new Error(`Nothing moves any more. ${open.length} open: ${open.slice(0, 3).join('\n')} ${this.errors}`);
  }

  #step(): void {
    const { pieceBytes, socketBytes } = this.#plan;
    switch (this.#random.below(7)) {
      case 0:
        this.#open();
        break;
      case 1:
        this.#up.flush(this.client, socketBytes);
        break;
      case 2:
        this.#down.flush(this.server, socketBytes);
        break;
      case 3:
        this.#up.deliver(this.server, this.client, 1 + this.#random.below(pieceBytes), this.#plan);
        break;
      case 4:
        this.#down.deliver(this.client, this.server, 1 + this.#random.below(pieceBytes), this.#plan);
        break;
      default:
        this.#act();
    }
  }

  #open(): void {
    if (this.#opened === this.exchanges.length || this.client.capacity === 0) return;
    this.exchanges[this.#opened]!.open(this.client, this.#opened);
    this.#opened++;
  }

  #act(): void {
    this.#skipOver();
    const open = this.#opened - this.#first;
    if (open > 0) this.exchanges[this.#first + this.#random.below(open)]!.step();
  }

  #skipOver(): void {
    while (this.#first < this.#opened && this.exchanges[this.#first]!.over) this.#first++;
  }

  #isDone(): boolean {
    this.#skipOver();
    if (this.#first < this.exchanges.length) return false;
    return this.#up.idle && this.#down.idle && !this.#up.output.isDirty && !this.#down.output.isDirty;
  }

  createStream(session: ServerSession, id: number): ServerStream {
    return new ServerStream(session, id);
  }

  onRequest(head: RequestHead, end: boolean, stream: ServerStream): RequestReceiver {
    const exchange = this.exchanges[Number(head.path.slice(1))]!;
    exchange.accept(stream, end);
    return exchange;
  }

  onRequestRefused(error: { readonly code: string }): void {
    if (error.code !== 'too_many_streams') throw new Error(error.code);
  }

  onSessionError(reason: SessionReason): void {
    this.errors.push(reason);
  }

  onStreamsChanged(): void {}
  onPeerGoaway(): void {}
  onPingAck(): void {}
  onReady(): void {}
  onCapacity(): void {}
  onGoaway(): void {}
  onIdle(): void {}
}
