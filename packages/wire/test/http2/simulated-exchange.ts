import {
  type AbortReason,
  type Field,
  RequestHead,
  type RequestReceiver,
  ResponseHead,
  type ResponseReceiver,
  type UpstreamFailure,
} from '@fairlead/message';
import type { ClientSession, ClientStream, ServerStream } from '../../src/index.ts';
import { type FlowPlan, FlowSource, FlowTarget, sizeOf } from './message-flow.ts';
import type { Random } from './random.ts';

export interface ExchangePlan {
  readonly request: FlowPlan;
  readonly response: FlowPlan;
  /** The response begins before its request has ended. */
  readonly early: boolean;
  /** Actions of each side before it aborts; infinite: never. */
  readonly clientAborts: number;
  readonly serverAborts: number;
  /** Chance that a receiver has no room. */
  readonly slow: number;
}

/** One exchange, with both of its ends. */
export class SimulatedExchange implements ResponseReceiver, RequestReceiver {
  readonly plan: ExchangePlan;
  readonly #random: Random;
  readonly #up: FlowSource;
  readonly #down: FlowSource;
  readonly #atServer: FlowTarget;
  readonly #atClient: FlowTarget;
  #client: ClientStream | null = null;
  #server: ServerStream | null = null;
  #headSent: boolean = false;
  #actions: number = 0;
  /** Nothing more will be told to the client's, or the server's, end. */
  clientOver: boolean = false;
  serverOver: boolean = false;
  aborted: boolean = false;
  failure: UpstreamFailure | null = null;

  constructor(plan: ExchangePlan, index: number, random: Random) {
    const seed = index % 100;
    this.plan = plan;
    this.#random = random;
    this.#up = new FlowSource(plan.request, seed);
    this.#down = new FlowSource(plan.response, seed + 50);
    this.#atServer = new FlowTarget(plan.request, seed);
    this.#atClient = new FlowTarget(plan.response, seed + 50);
  }

  get begun(): boolean {
    return this.#client !== null;
  }

  get over(): boolean {
    return this.begun && this.clientOver && (this.#server === null || this.serverOver);
  }

  /** For when a simulation does not end. */
  describe(): string {
    const { received, holding } = this.#atServer;
    const back = this.#atClient;
    return JSON.stringify({
      plan: this.plan,
      up: { waiting: this.#up.waiting, done: this.#up.done, received, holding },
      down: { waiting: this.#down.waiting, done: this.#down.done, received: back.received, holding: back.holding },
      over: [this.clientOver, this.serverOver],
    });
  }

  open(session: ClientSession, index: number): void {
    const head = new RequestHead('POST', 'http', 'a.example', `/${index}`, []);
    if (this.plan.request.declared) head.contentLength = sizeOf(this.plan.request);
    this.#client = session.open(head, this.#up.done, this);
  }

  /** Within `onRequest`. */
  accept(stream: ServerStream, end: boolean): void {
    this.#server = stream;
    if (end) this.#atServer.empty();
  }

  /** One random action of one of the ends. */
  step(): void {
    this.#actions++;
    if (this.#random.chance(0.5)) this.#stepClient();
    else this.#stepServer();
  }

  #stepClient(): void {
    const stream = this.#client;
    if (stream === null || this.clientOver) return;
    if (this.#actions >= this.plan.clientAborts) {
      this.aborted = true;
      this.clientOver = true;
      stream.abort('client_gone');
    } else if (this.#atClient.holding && this.#random.chance(0.5)) {
      this.#atClient.holding = false;
      stream.resumeResponse();
    } else this.#up.step(stream);
  }

  #stepServer(): void {
    const stream = this.#server;
    if (stream === null || this.serverOver) return;
    if (this.#actions >= this.plan.serverAborts) {
      this.aborted = true;
      this.serverOver = true;
      stream.abort('gateway');
    } else if (this.#atServer.holding && this.#random.chance(0.5)) {
      this.#atServer.holding = false;
      stream.resumeRequest();
    } else if (!this.#headSent) this.#sendHead(stream);
    else {
      this.#down.step(stream);
      if (this.#down.done) this.#serverEnds();
    }
  }

  #sendHead(stream: ServerStream): void {
    if (!this.plan.early && !this.#atServer.complete) return;
    this.#headSent = true;
    const head = new ResponseHead(200, []);
    if (this.plan.response.declared) head.contentLength = sizeOf(this.plan.response);
    if (this.#random.chance(0.2)) stream.sendInfo(new ResponseHead(103, []));
    if (this.#down.done) this.#serverEnds();
    stream.sendHead(head, this.#down.done);
  }

  /** The response was given whole: its stream is dead to us. */
  #serverEnds(): void {
    this.serverOver = true;
  }

  #clientEnds(): void {
    this.clientOver = true;
  }

  // The server hears.

  onRequestData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (this.serverOver) throw new Error('A call to a server that is through.');
    return this.#atServer.data(bytes, start, end, last, !this.#random.chance(this.plan.slow));
  }

  onRequestTrailers(fields: readonly Field[]): void {
    if (this.serverOver) throw new Error('A call to a server that is through.');
    this.#atServer.trailers(fields);
  }

  onRequestAbort(_reason: AbortReason): void {
    if (this.serverOver) throw new Error('A call to a server that is through.');
    this.serverOver = true;
  }

  onResponseDrained(): void {
    if (!this.#down.waiting) throw new Error('Drained, but nobody waits.');
    this.#down.waiting = false;
    if (this.#random.chance(0.3)) this.#stepServer();
  }

  // The client hears.

  onResponseInfo(): void {
    if (this.clientOver) throw new Error('A call to a client that is through.');
  }

  onResponseHead(head: ResponseHead, end: boolean): void {
    if (this.clientOver || head.status !== 200) throw new Error('A call to a client that is through.');
    if (!end) return;
    this.#atClient.empty();
    this.#clientEnds();
  }

  onResponseData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (this.clientOver) throw new Error('A call to a client that is through.');
    const takes = this.#atClient.data(bytes, start, end, last, !this.#random.chance(this.plan.slow));
    if (last) this.#clientEnds();
    return takes;
  }

  onResponseTrailers(fields: readonly Field[]): void {
    if (this.clientOver) throw new Error('A call to a client that is through.');
    this.#atClient.trailers(fields);
    this.#clientEnds();
  }

  onUpstreamFailure(failure: UpstreamFailure): void {
    if (this.clientOver) throw new Error('A call to a client that is through.');
    this.failure = failure;
    this.clientOver = true;
  }

  onRequestDrained(): void {
    if (!this.#up.waiting) throw new Error('Drained, but nobody waits.');
    this.#up.waiting = false;
    if (this.#random.chance(0.3)) this.#stepClient();
  }
}
