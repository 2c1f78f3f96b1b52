import type { Lease } from '@fairlead/balancer';
import type {
  AbortReason,
  Field,
  RequestHead,
  RequestReceiver,
  ResponseHead,
  ResponseReceiver,
  UpstreamFailure,
} from '@fairlead/message';
import type { Backend, Endpoint, Listener, MatchEntry, Rule } from '@fairlead/routing';
import type { AccessRecord } from '../observe/access-record.ts';
import type { ClientStream } from './client-stream.ts';
import type { Failure } from './errors.ts';
import { type GrpcCall, readGrpcCall } from './grpc-call.ts';
import type { Mirror } from './mirror.ts';
import type { Open } from './open-exchanges.ts';
import type { PreparedReference, PreparedRule } from './prepared-rule.ts';
import { ReplayBody } from './replay-body.ts';
import { isIdempotent } from './retry-policy.ts';
import type { Session } from './session-persistence.ts';
import type { Upstream } from './upstream/upstream.ts';
import type { UpstreamBackend, UpstreamEndpoint } from './upstream/upstream-backend.ts';

/** Where the decisions about exchanges are made. */
export interface ExchangeOwner {
  /** What `performance.now()` is less than the clock of the exchanges. */
  readonly clockOffsetMs: number;
  /** A final head or a 101 has come. */
  onResponseHead(exchange: Exchange, head: ResponseHead, end: boolean): void;
  onTryFailed(exchange: Exchange, failure: UpstreamFailure): void;
  /** The body grew beyond what is kept while no endpoint takes it. */
  onBodyLost(exchange: Exchange): void;
  onClientAbort(exchange: Exchange, reason: AbortReason): void;
  /** The response has been handed to the client to its end. */
  onComplete(exchange: Exchange): void;
}

/** Interim responses relayed for one request; an endpoint that sends more is broken (RFC 9110 §15.2 sets no bound). */
const maxInfos = 8;

/**
 * One request with its response, from the head's arrival to the last byte or the abort. It takes the calls of both codecs and passes bytes
 * on; what is known of the exchange stands in plain fields, and every decision is left to its owner. It is its own access record.
 *
 * One object with fixed fields per request, no closure, emitter or promise: with those the same work costs several times as much.
 */
export class Exchange implements RequestReceiver, ResponseReceiver, AccessRecord, Open<Exchange> {
  previous: Exchange | null = null;
  next: Exchange | null = null;

  // What the access log says.
  durationMs: number = 0;
  upstreamMs: number = -1;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly target: string;
  readonly protocolVersion: '1.0' | '1.1' | '2';
  userAgent: string = '';
  clientAddress: string;
  status: number = 0;
  requestBytes: number = 0;
  responseBytes: number = 0;
  listener: string = '';
  rule: Rule | null = null;
  backend: Backend | null = null;
  endpoint: Endpoint | null = null;
  tries: number = 0;
  reason: string = '';
  requestId: string = '';

  // The request.
  readonly arrivedMs: number;
  readonly stream: ClientStream;
  readonly head: RequestHead;
  /** Null when the request is none of gRPC. */
  readonly grpc: GrpcCall | null;
  readonly hasBody: boolean;
  readonly idempotent: boolean;
  /** The client has sent all of the request; in a tunnel: all it will ever send. */
  requestEnded: boolean;
  /** Which fields of interest the request carried, see forwarded-fields.ts. */
  carried: number = 0;
  /** What came of the body, kept for another try; null without a body, and when no other try can follow. */
  body: ReplayBody | null;
  /** The client's body waits because of us. */
  bodyHeldBack: boolean = false;

  // What was chosen for it.
  accepted: Listener | null = null;
  entry: MatchEntry | null = null;
  prepared: PreparedRule | null = null;
  reference: PreparedReference | null = null;
  chosen: UpstreamBackend | null = null;
  session: Session | null = null;
  /** Where the session lives. */
  preferred: UpstreamEndpoint | null = null;
  /** What its answer must say about CORS. */
  corsFields: readonly Field[] | null = null;
  mirrors: Mirror[] | null = null;

  // The try in progress.
  lease: Lease<UpstreamEndpoint> | null = null;
  upstream: Upstream | null = null;
  tryStartedMs: number = 0;
  /** 'faulty': it answered with a status that speaks against its endpoint. */
  tryState: 'waiting' | 'answered' | 'faulty' = 'waiting';
  /** Tries after the first, lost keep-alive races not among them. */
  retries: number = 0;
  /** Endpoints that failed this request. */
  tried: UpstreamEndpoint[] | null = null;
  /** The keep-alive race was lost once already. */
  raced: boolean = false;
  /** What to answer when a retry that waits for its time finds no endpoint. */
  lastFailure: Failure | null = null;

  infos: number = 0;
  responseStarted: boolean = false;
  tunnel: boolean = false;
  tunnelEnded: boolean = false;
  done: boolean = false;

  // Infinity for none. The sweep compares, see deadlines.ts.
  requestDeadlineMs: number = Number.POSITIVE_INFINITY;
  tryDeadlineMs: number = Number.POSITIVE_INFINITY;
  retryAtMs: number = Number.POSITIVE_INFINITY;

  readonly #owner: ExchangeOwner;

  constructor(owner: ExchangeOwner, head: RequestHead, end: boolean, stream: ClientStream, nowMs: number) {
    this.#owner = owner;
    this.stream = stream;
    this.head = head;
    this.hasBody = !end;
    this.requestEnded = end;
    this.body = end ? null : new ReplayBody();
    this.idempotent = isIdempotent(head.method);
    this.arrivedMs = nowMs;
    this.method = head.method;
    this.scheme = head.scheme;
    this.authority = head.authority;
    this.target = head.path;
    this.protocolVersion = stream.protocolVersion;
    this.clientAddress = stream.peer.address;
    this.grpc = readGrpcCall(head);
    if (this.grpc !== null) this.requestDeadlineMs = nowMs + this.grpc.timeoutMs;
  }

  get grpcStatus(): number {
    return this.grpc === null ? -1 : this.grpc.status;
  }

  /** The deadline that has passed is the client's own. */
  get isPastOwnDeadline(): boolean {
    return this.grpc !== null && this.requestDeadlineMs === this.arrivedMs + this.grpc.timeoutMs;
  }

  /**
   * How long it waits for a response head says nothing of its endpoint. A gRPC call without a deadline may be a stream in which there is nothing
   * to say yet, and servers send their head with the first message.
   */
  get isPatient(): boolean {
    return this.grpc !== null && !this.grpc.hasDeadline;
  }

  get startedMs(): number {
    return this.arrivedMs - this.#owner.clockOffsetMs;
  }

  /** The request can be sent again as a whole, or as much of it as has come. */
  get repeatable(): boolean {
    return !this.hasBody || (this.body?.complete ?? false);
  }

  /** What the client asks for, gRPC's deadline, may be sooner. */
  boundRequest(deadlineMs: number): void {
    this.requestDeadlineMs = Math.min(this.requestDeadlineMs, deadlineMs);
  }

  addMirror(mirror: Mirror): void {
    if (this.mirrors === null) this.mirrors = [mirror];
    else this.mirrors.push(mirror);
  }

  addTried(endpoint: UpstreamEndpoint): void {
    if (this.tried === null) this.tried = [endpoint];
    else this.tried.push(endpoint);
  }

  // ---- from the client ----

  onRequestData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    if (this.done) return true;
    this.requestBytes += end - start;
    if (last) this.requestEnded = true;
    if (this.tunnel) return this.#relayTunnelData(bytes, start, end, last);
    if (this.mirrors !== null) for (const mirror of this.mirrors) mirror.sendData(bytes, start, end, last);
    this.#keepForRetry(bytes, start, end);
    if (this.upstream === null) {
      this.bodyHeldBack = true;
      if (!this.repeatable) this.#owner.onBodyLost(this);
    } else if (!this.upstream.sendData(bytes, start, end, last)) this.bodyHeldBack = true;
    return !this.bodyHeldBack;
  }

  onRequestTrailers(fields: readonly Field[]): void {
    if (this.done) return;
    this.requestEnded = true;
    if (this.mirrors !== null) for (const mirror of this.mirrors) mirror.sendTrailers(fields);
    this.body?.end(fields);
    this.upstream?.sendTrailers(fields);
  }

  onRequestAbort(reason: AbortReason): void {
    if (!this.done) this.#owner.onClientAbort(this, reason);
  }

  onResponseDrained(): void {
    this.upstream?.resumeResponse();
  }

  // ---- from the endpoint ----

  onResponseInfo(head: ResponseHead): void {
    // RFC 9110 §15.2.1: a client that did not ask with `Expect` has no use for a 100.
    if (head.status === 100 && !this.head.expectContinue) return;
    if (this.infos++ < maxInfos) this.stream.sendInfo(head);
  }

  onResponseHead(head: ResponseHead, end: boolean): void {
    this.#owner.onResponseHead(this, head, end);
  }

  onResponseData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    this.responseBytes += end - start;
    const flows = this.stream.sendData(bytes, start, end, last);
    if (last && !this.done) this.#responseEnds();
    return flows;
  }

  onResponseTrailers(fields: readonly Field[]): void {
    if (this.grpc !== null) {
      this.grpc.readTrailers(fields);
      if (this.grpc.isFaulty) this.tryState = 'faulty';
    }
    this.stream.sendTrailers(fields);
    if (!this.done) this.#owner.onComplete(this);
  }

  onUpstreamFailure(failure: UpstreamFailure): void {
    this.upstream = null;
    this.#owner.onTryFailed(this, failure);
  }

  onRequestDrained(): void {
    if (!this.bodyHeldBack) return;
    this.bodyHeldBack = false;
    this.stream.resumeRequest();
  }

  /** Sends to a new upstream what has come of the body so far. */
  replayBody(): void {
    const { body, upstream } = this;
    if (body === null || upstream === null) return;
    if (body.sendTo(upstream, this.requestEnded)) this.onRequestDrained();
    else this.bodyHeldBack = true;
  }

  /** Both directions are opaque from now on. */
  beginTunnel(): void {
    this.tunnel = true;
    this.requestEnded = false;
  }

  #relayTunnelData(bytes: Uint8Array, start: number, end: number, last: boolean): boolean {
    const upstream = this.upstream!;
    if (!upstream.sendData(bytes, start, end, last)) this.bodyHeldBack = true;
    if (last && this.tunnelEnded && !this.done) this.#owner.onComplete(this);
    return !this.bodyHeldBack;
  }

  #responseEnds(): void {
    this.tunnelEnded = true;
    if (!this.tunnel || this.requestEnded) this.#owner.onComplete(this);
  }

  /** Once an endpoint may be at work on a request that must not be done twice, there is nothing to keep it for. */
  #keepForRetry(bytes: Uint8Array, start: number, end: number): void {
    const { body, upstream } = this;
    if (body === null || !body.complete) return;
    const mayRepeat = this.idempotent || this.prepared!.retry.own;
    if (mayRepeat || upstream?.established !== true) body.append(bytes, start, end);
    else body.giveUp();
  }
}
