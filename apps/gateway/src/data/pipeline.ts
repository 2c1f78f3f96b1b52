import type { Outcome } from '@fairlead/balancer';
import type {
  AbortReason,
  RequestHandler,
  RequestHead,
  RequestReceiver,
  ResponseHead,
  UpstreamFailure,
} from '@fairlead/message';
import type { Clock } from '../clock.ts';
import type { AccessLog } from '../observe/access-log.ts';
import type { WorkerMetrics } from '../observe/metrics.ts';
import type { BackendChoice } from './backend-choice.ts';
import type { ClientStream } from './client-stream.ts';
import { type Failure, failures, upstreamFailure } from './errors.ts';
import { Exchange, type ExchangeOwner } from './exchange.ts';
import type { FilterStage } from './filter-stage.ts';
import type { ForwardedFields } from './forwarded-fields.ts';
import type { GatewayAnswers } from './gateway-answers.ts';
import type { GrpcCall } from './grpc-call.ts';
import type { Mirrors } from './mirrors.ts';
import { OpenExchanges } from './open-exchanges.ts';
import type { ResponseStage } from './response-stage.ts';
import type { RoutingStage } from './routing-stage.ts';
import { isEndpointsFault, type Tries } from './tries.ts';
import type { Verdict } from './verdict.ts';

export interface PipelineStages {
  readonly routing: RoutingStage;
  readonly filters: FilterStage;
  readonly choice: BackendChoice;
  readonly forwarded: ForwardedFields;
  readonly mirrors: Mirrors;
  readonly tries: Tries;
  readonly responses: ResponseStage;
  readonly answers: GatewayAnswers;
}

export interface PipelineOptions {
  readonly stages: PipelineStages;
  readonly clock: Clock;
  readonly metrics: WorkerMetrics;
  readonly accessLog: Pick<AccessLog, 'write'> | null;
  /** A stage threw; the request is answered 500. */
  readonly onFault: (error: unknown) => void;
}

/**
 * The way of a request:
 *
 *   listener ─▶ path ─▶ rule ─▶ its filters ─▶ backend ─▶ its filters ─▶ forwarded fields ─▶ mirrors ─▶ endpoint
 *   client ◀─ response filters ◀─ retry? ◀─ response head ◀──────────────────────────────────────────────┘
 *
 * and its end: settled, counted, logged.
 */
export class Pipeline implements RequestHandler<ClientStream>, ExchangeOwner {
  readonly clockOffsetMs: number;
  readonly open: OpenExchanges<Exchange> = new OpenExchanges();
  readonly #stages: PipelineStages;
  readonly #clock: Clock;
  readonly #metrics: WorkerMetrics;
  readonly #accessLog: Pick<AccessLog, 'write'> | null;
  readonly #onFault: (error: unknown) => void;

  constructor({ stages, clock, metrics, accessLog, onFault }: PipelineOptions) {
    this.clockOffsetMs = clock.offsetMs;
    this.#stages = stages;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#accessLog = accessLog;
    this.#onFault = onFault;
  }

  onRequest(head: RequestHead, end: boolean, stream: ClientStream): RequestReceiver {
    const exchange = new Exchange(this, head, end, stream, this.#clock.now());
    this.open.add(exchange);
    this.#metrics.count('requestsInFlight');
    try {
      const verdict = this.#serve(exchange);
      if (verdict === 'answered') this.#finish(exchange);
      else if (verdict !== null) this.#fail(exchange, verdict, 'cancelled');
    } catch (error) {
      this.#onFault(error);
      this.#fail(exchange, failures.internal, 'cancelled');
    }
    return exchange;
  }

  /** Each step goes on with null. */
  #serve(exchange: Exchange): Verdict {
    const { routing, filters, choice, forwarded, mirrors, tries } = this.#stages;
    forwarded.receive(exchange);
    return (
      routing.ignoreHttp2Upgrade(exchange) ??
      routing.chooseListener(exchange) ??
      routing.normalisePath(exchange) ??
      routing.matchRule(exchange) ??
      filters.apply(exchange, exchange.prepared!.stage.filters) ??
      choice.choose(exchange) ??
      filters.apply(exchange, exchange.reference!.filters) ??
      forwarded.add(exchange) ??
      mirrors.start(exchange) ??
      tries.start(exchange)
    );
  }

  // ---- what the exchange tells ----

  onResponseHead(exchange: Exchange, head: ResponseHead, end: boolean): void {
    const nowMs = this.#clock.now();
    const status = judgedStatus(exchange, head);
    const faulty = exchange.grpcStatus < 0 ? isFaulty(status) : exchange.grpc!.isFaulty;
    exchange.upstreamMs = nowMs - exchange.tryStartedMs;
    exchange.tryState = faulty ? 'faulty' : 'answered';
    exchange.lease!.headReceived(nowMs, faulty);
    if (this.#stages.tries.answered(exchange, status)) return;
    exchange.tryDeadlineMs = Number.POSITIVE_INFINITY;
    exchange.body = null;
    exchange.responseStarted = true;
    exchange.status = head.status;
    this.#stages.responses.prepare(exchange, head);
    if (head.status === 101) this.#beginTunnel(exchange);
    exchange.stream.sendHead(head, end);
    if (end && !exchange.done) this.onComplete(exchange);
  }

  onComplete(exchange: Exchange): void {
    // The connection knows by itself that its exchange is over.
    exchange.upstream = null;
    const nowMs = this.#clock.now();
    this.#stages.tries.end(exchange, exchange.tryState === 'faulty' ? 'failure' : 'success', nowMs);
    this.#finish(exchange, nowMs);
  }

  onTryFailed(exchange: Exchange, failure: UpstreamFailure): void {
    if (exchange.responseStarted) {
      // Endpoints may end a tunnel as they like.
      this.#breakOff(exchange, upstreamFailure(failure.code), exchange.tunnel ? 'success' : 'failure', 'upstream_gone');
      return;
    }
    const answer = this.#stages.tries.failed(exchange, failure);
    if (answer !== null) this.#fail(exchange, answer, isEndpointsFault(failure) ? 'failure' : 'cancelled');
  }

  onBodyLost(exchange: Exchange): void {
    this.#fail(exchange, exchange.lastFailure ?? failures.noEndpoints, 'cancelled');
  }

  onClientAbort(exchange: Exchange, reason: AbortReason): void {
    const failure = clientFailure(reason);
    exchange.done = true;
    exchange.reason = failure.code;
    if (!exchange.responseStarted) exchange.status = failure.status;
    this.#stages.tries.end(exchange, 'cancelled');
    this.#finish(exchange);
  }

  // ---- what the sweep finds ----

  requestTimedOut(exchange: Exchange): void {
    const own = exchange.isPastOwnDeadline;
    const failure = own ? failures.grpcTimeout : failures.requestTimeout;
    const outcome = exchange.tryState === 'waiting' && !own ? 'failure' : 'cancelled';
    if (exchange.responseStarted) this.#breakOff(exchange, failure, outcome, 'timeout');
    else this.#fail(exchange, failure, outcome);
  }

  tryTimedOut(exchange: Exchange): void {
    const answer = this.#stages.tries.timedOut(exchange);
    if (answer !== null) this.#fail(exchange, answer, 'failure');
  }

  retryDue(exchange: Exchange): void {
    const answer = this.#stages.tries.resume(exchange);
    if (answer !== null) this.#fail(exchange, answer, 'failure');
  }

  hung(exchange: Exchange): void {
    this.#stages.tries.hung(exchange);
  }

  // ---- ends ----

  #beginTunnel(exchange: Exchange): void {
    exchange.beginTunnel();
    exchange.requestDeadlineMs = Number.POSITIVE_INFINITY;
    this.#metrics.count('tunnelsOpen');
  }

  /** Answers in place of an endpoint. */
  #fail(exchange: Exchange, failure: Failure, outcome: Outcome): void {
    if (exchange.responseStarted) {
      this.#breakOff(exchange, failure, outcome, 'gateway');
      return;
    }
    if (exchange.done) return;
    exchange.done = true;
    exchange.reason = failure.code;
    this.#stages.tries.end(exchange, outcome);
    this.#stages.answers.failure(exchange, failure);
    this.#finish(exchange);
  }

  /** Too late for an answer: the client must see that this one is cut short. */
  #breakOff(exchange: Exchange, failure: Failure, outcome: Outcome, reason: AbortReason): void {
    if (exchange.done) return;
    exchange.done = true;
    exchange.reason = failure.code;
    this.#stages.tries.end(exchange, outcome);
    if (!this.#stages.answers.endCall(exchange, failure)) exchange.stream.abort(reason);
    this.#finish(exchange);
  }

  #finish(exchange: Exchange, nowMs: number = this.#clock.now()): void {
    const metrics = this.#metrics;
    exchange.done = true;
    exchange.body = null;
    this.open.remove(exchange);
    exchange.durationMs = nowMs - exchange.arrivedMs;
    if (exchange.mirrors !== null) for (const mirror of exchange.mirrors) mirror.sourceEnded();
    metrics.count('requestsInFlight', -1);
    if (exchange.tunnel) metrics.count('tunnelsOpen', -1);
    if (exchange.grpc !== null) this.#closeCall(exchange, exchange.grpc);
    if (exchange.reason !== '') metrics.countReason('requestFailures', exchange.reason);
    metrics.exchangeDone(
      exchange.prepared === null ? -1 : exchange.prepared.slot,
      exchange.status,
      exchange.durationMs,
      exchange.upstreamMs,
      exchange.requestBytes,
      exchange.responseBytes,
    );
    this.#accessLog?.write(exchange);
  }

  #closeCall({ prepared, reason, status }: Exchange, call: GrpcCall): void {
    call.close(reason, status);
    this.#metrics.callDone(prepared === null ? -1 : prepared.slot, call.status);
  }
}

/** What the endpoint says, in HTTP's terms. */
function judgedStatus({ grpc }: Exchange, { status, fields, contentLength }: ResponseHead): number {
  return grpc === null ? status : grpc.readHead(status, fields, contentLength);
}

/** What speaks against an endpoint. 501 and 505 are about the request. */
function isFaulty(status: number): boolean {
  return status >= 500 && status !== 501 && status !== 505;
}

function clientFailure(reason: AbortReason): Failure {
  switch (reason) {
    case 'protocol_error':
      return failures.protocolError;
    case 'timeout':
      return failures.clientTooSlow;
    case 'gateway':
      return failures.stopped;
    default:
      return failures.clientGone;
  }
}
