import type { Lease, Outcome } from '@fairlead/balancer';
import type { UpstreamFailure } from '@fairlead/message';
import type { Clock } from '../clock.ts';
import type { WorkerMetrics } from '../observe/metrics.ts';
import { type Failure, failures, upstreamFailure } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { UpstreamEndpoint } from './upstream/upstream-backend.ts';

/**
 * The tries of an exchange at endpoints: the first, and what follows when one is lost (docs/adr/003). Every method that says that it can't
 * go on leaves the answer to the caller.
 */
export class Tries {
  readonly #clock: Clock;
  readonly #metrics: WorkerMetrics;

  constructor(clock: Clock, metrics: WorkerMetrics) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  /** Picks an endpoint, the one of the client's session if possible, and sends the request. The failure when there is none. */
  start(exchange: Exchange): Failure | null {
    const { pool, budget } = exchange.chosen!;
    const { preferred } = exchange;
    // The same turn of the event loop: one reading of the clock serves both.
    const nowMs = exchange.arrivedMs;
    budget.request(nowMs);
    const lease =
      (preferred === null ? null : pool.pickThis(preferred, nowMs)) ?? pool.pick(nowMs, null, exchange.idempotent);
    if (lease === null) return this.#refusal(exchange);
    this.#begin(exchange, lease, nowMs);
    return null;
  }

  /** The try broke off before a response head. Null: another is on its way. */
  failed(exchange: Exchange, failure: UpstreamFailure): Failure | null {
    if (failure.reused && this.#raceAgain(exchange, failure)) return null;
    const answer = upstreamFailure(failure.code);
    if (!isEndpointsFault(failure) || !mayMove(exchange, failure)) return answer;
    if (this.#goOn(exchange, answer, false)) return null;
    // Nobody else: an endpoint that refuses one stream for the moment may take the next.
    return failure.code === 'refused_stream' && this.#raceAgain(exchange, failure) ? null : answer;
  }

  /** A response head came. True: it is not relayed, another try is on its way. */
  answered(exchange: Exchange, status: number): boolean {
    return exchange.prepared!.retry.codes.has(status) && mayRepeat(exchange) && this.#goOn(exchange, null, false);
  }

  /** The try has taken too long. Null: another is on its way. */
  timedOut(exchange: Exchange): Failure | null {
    // Somebody is slow: by default asking again would double the load where it hurts.
    const may = exchange.prepared!.retry.own && mayRepeat(exchange);
    return may && this.#goOn(exchange, failures.backendTimeout, false) ? null : failures.backendTimeout;
  }

  /**
   * The endpoint is hung. Goes elsewhere where that is possible, else goes on waiting. Not for the budget to refuse: it happens once per
   * endpoint that hangs, and waiting would be waiting for nothing.
   */
  hung(exchange: Exchange): void {
    if (mayRepeat(exchange)) this.#goOn(exchange, null, true);
  }

  /** The pause before a retry is over. The failure when there is no endpoint for it. */
  resume(exchange: Exchange): Failure | null {
    exchange.retryAtMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.now();
    const lease = this.#pickNext(exchange, nowMs);
    if (lease === null) return exchange.lastFailure ?? this.#refusal(exchange);
    this.#begin(exchange, lease, nowMs);
    return null;
  }

  /** Lets go of the try in progress. */
  end(exchange: Exchange, outcome: Outcome, nowMs: number = this.#clock.now()): void {
    const { lease, upstream } = exchange;
    exchange.upstream = null;
    exchange.lease = null;
    exchange.tryDeadlineMs = Number.POSITIVE_INFINITY;
    upstream?.abort('gateway');
    lease?.settle(nowMs, outcome);
  }

  /** Once more to the same endpoint, the first time that this happens to a request: what failed was the connection. */
  #raceAgain(exchange: Exchange, failure: UpstreamFailure): boolean {
    if (exchange.raced || !(failure.unprocessed ? exchange.repeatable : mayRaceAgain(exchange))) return false;
    exchange.raced = true;
    this.#sent(exchange, exchange.lease!.endpoint.connections.sendAnew(exchange, exchange.head, !exchange.hasBody));
    return true;
  }

  /** One more try, now or after the rule's pause. The one in progress is given up only when that is possible. */
  #goOn(exchange: Exchange, failure: Failure | null, unbudgeted: boolean): boolean {
    const { retry } = exchange.prepared!;
    if (exchange.retries >= retry.attempts) return false;
    const nowMs = this.#clock.now();
    exchange.addTried(exchange.lease!.endpoint);
    const lease = retry.backoffMs > 0 ? null : this.#pickNext(exchange, nowMs);
    if (retry.backoffMs === 0 && lease === null) return false;
    if (!exchange.chosen!.budget.tryTake(nowMs) && !unbudgeted) {
      this.#metrics.count('retriesRefused');
      lease?.settle(nowMs, 'cancelled');
      return false;
    }
    exchange.retries++;
    exchange.lastFailure = failure;
    this.#metrics.count('retries');
    this.end(exchange, exchange.tryState === 'answered' ? 'success' : 'failure', nowMs);
    if (lease === null) exchange.retryAtMs = nowMs + retry.backoffMs;
    else this.#begin(exchange, lease, nowMs);
    return true;
  }

  /** By default never an endpoint that has failed this request; a rule's own retry may ask the same again when there is no other. */
  #pickNext(exchange: Exchange, nowMs: number): Lease<UpstreamEndpoint> | null {
    const lease = exchange.chosen!.pool.pick(nowMs, exchange.tried, exchange.idempotent);
    if (lease === null || exchange.prepared!.retry.own || !wasTried(exchange, lease.endpoint)) return lease;
    lease.settle(nowMs, 'cancelled');
    return null;
  }

  #begin(exchange: Exchange, lease: Lease<UpstreamEndpoint>, nowMs: number): void {
    const { backendRequestMs } = exchange.prepared!.rule.timeouts;
    exchange.lease = lease;
    exchange.endpoint = lease.endpoint.endpoint;
    exchange.tryStartedMs = nowMs;
    exchange.tryState = 'waiting';
    lease.patient = exchange.isPatient;
    lease.judgedAtEnd = exchange.grpc !== null;
    if (backendRequestMs > 0) exchange.tryDeadlineMs = nowMs + backendRequestMs;
    this.#sent(exchange, lease.endpoint.connections.send(exchange, exchange.head, !exchange.hasBody));
  }

  #sent(exchange: Exchange, upstream: Upstream): void {
    exchange.upstream = upstream;
    exchange.tries++;
    this.#metrics.count('tries');
    if (exchange.tries > 1) exchange.replayBody();
  }

  #refusal(exchange: Exchange): Failure {
    return exchange.chosen!.pool.lastRefusal === 'overloaded' ? failures.overloaded : failures.noEndpoints;
  }
}

/** False: it was about the request, and another endpoint of the backend would say the same. */
export function isEndpointsFault(failure: UpstreamFailure): boolean {
  return failure.code !== 'upgrade_unsupported';
}

/** The request can be sent elsewhere as a whole, and does no harm there. */
function mayMove(exchange: Exchange, failure: UpstreamFailure): boolean {
  return failure.unprocessed ? exchange.repeatable : mayRepeat(exchange);
}

/** The request may be done twice, and can be sent again. */
function mayRepeat(exchange: Exchange): boolean {
  return exchange.repeatable && (exchange.idempotent || exchange.prepared!.retry.own);
}

/** RFC 9112 §9.3.1: what a closing connection may have processed is repeated only if that is harmless, or if the body was still to come. */
function mayRaceAgain(exchange: Exchange): boolean {
  if (exchange.idempotent) return exchange.repeatable;
  const { body, requestEnded } = exchange;
  return body?.complete === true && body.isEmpty && !requestEnded;
}

function wasTried(exchange: Exchange, endpoint: UpstreamEndpoint): boolean {
  return exchange.tried?.some((tried) => tried.key === endpoint.key) ?? false;
}
