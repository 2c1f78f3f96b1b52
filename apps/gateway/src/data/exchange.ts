import type { Lease } from '@fairlead/balancer';
import type {
  AbortReason,
  Field,
  RequestHead,
  RequestReceiver,
  ResponseHead,
  ResponseReceiver,
  UpstreamFailure,
  UpstreamStream,
} from '@fairlead/message';
import type { Backend, Endpoint, Match, Rule } from '@fairlead/routing';
import type { AccessRecord } from '../observe/access-record.ts';
import type { ClientStream } from './client-stream.ts';
import type { Failure } from './errors.ts';
import type { Mirror } from './mirror.ts';
import type { Open } from './open-exchanges.ts';
import type { Pipeline } from './pipeline.ts';
import type { ReplayBody } from './replay-body.ts';
import type { PreparedBackend, PreparedRule } from './snapshot.ts';

/**
 * One request with its response, from the head's arrival to the last byte or the abort. It takes the calls of both codecs, keeps what is
 * known of the exchange in plain fields, and leaves every decision to the pipeline. It is its own access record.
 *
 * One object with fixed fields per request, no closure, emitter or promise: with those the same work costs several times as much.
 */
export class Exchange implements RequestReceiver, ResponseReceiver, AccessRecord, Open<Exchange> {
  previous: Exchange | null = null;
  next: Exchange | null = null;

  // What the access log says.
  readonly startedMs: number;
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
  readonly pipeline: Pipeline;
  readonly stream: ClientStream;
  readonly head: RequestHead;
  /** The client has sent all of the request. */
  requestEnded: boolean;
  /** Null without a body. */
  body: ReplayBody | null = null;

  // What was chosen for it; read once from the snapshot.
  match: Match | null = null;
  prepared: PreparedRule | null = null;
  choice: PreparedBackend | null = null;
  mirrors: Mirror[] | null = null;

  // The try in progress.
  lease: Lease | null = null;
  upstream: UpstreamStream | null = null;
  tryStartedMs: number = 0;
  /** Endpoints that failed this request. */
  tried: Endpoint[] | null = null;
  /** The keep-alive race was lost once already. */
  raced: boolean = false;

  responseStarted: boolean = false;
  tunnel: boolean = false;
  done: boolean = false;

  // Monotonic; Infinity for none. The sweep compares, see deadlines.ts.
  requestDeadlineMs: number = Number.POSITIVE_INFINITY;
  tryDeadlineMs: number = Number.POSITIVE_INFINITY;
  retryAtMs: number = Number.POSITIVE_INFINITY;
  bodyCheckMs: number = Number.POSITIVE_INFINITY;
  bodyCheckedBytes: number = 0;
  /** The source of the body waits because of us. */
  bodyHeldBack: boolean = false;

  constructor(pipeline: Pipeline, head: RequestHead, end: boolean, stream: ClientStream, nowMs: number) {
    this.pipeline = pipeline;
    this.stream = stream;
    this.head = head;
    this.requestEnded = end;
    this.startedMs = nowMs;
    this.method = head.method;
    this.scheme = head.scheme;
    this.authority = head.authority;
    this.target = head.path;
    this.protocolVersion = stream.protocolVersion;
    this.clientAddress = stream.peer.address;
  }
