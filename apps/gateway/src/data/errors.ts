/**
 * Why an exchange was answered here, or cut short, instead of relaying an endpoint's answer. The code is stable: access log, metrics and
 * `x-fairlead-reason` carry it.
 */
export interface Failure {
  readonly code: string;
  /** 0: there is nobody to answer. */
  readonly status: number;
  /** For people; carries nothing of the inside: no address, no name of a backend. */
  readonly text: string;
}

function failure(code: string, status: number, text: string): Failure {
  return { code, status, text };
}

const unreachable = 'The endpoint could not be reached.';
const brokeOff = 'The endpoint closed the connection.';

/** One table from code to status. */
export const failures: {
  readonly badPath: Failure;
  readonly noListener: Failure;
  readonly noRoute: Failure;
  readonly misdirected: Failure;
  readonly invalidBackend: Failure;
  readonly noEndpoints: Failure;
  readonly overloaded: Failure;
  readonly requestTimeout: Failure;
  readonly grpcTimeout: Failure;
  readonly backendTimeout: Failure;
  readonly clientGone: Failure;
  readonly protocolError: Failure;
  readonly clientTooSlow: Failure;
  readonly stopped: Failure;
  readonly internal: Failure;
} = {
  badPath: failure('bad_path', 400, 'The path of the request is not acceptable.'),
  noListener: failure('no_listener', 404, 'No listener serves this host.'),
  noRoute: failure('no_route', 404, 'No route matches this request.'),
  misdirected: failure('misdirected', 421, 'This connection does not serve this host.'),
  invalidBackend: failure('invalid_backend', 500, 'The backend of this route is not valid.'),
  noEndpoints: failure('no_endpoints', 503, 'No endpoint is ready.'),
  overloaded: failure('overloaded', 503, 'Every endpoint is at its limit.'),
  requestTimeout: failure('request_timeout', 504, 'The request took too long.'),
  grpcTimeout: failure('grpc_timeout', 504, 'The deadline of the call has passed.'),
  backendTimeout: failure('backend_timeout', 504, 'The endpoint took too long to answer.'),
  clientGone: failure('client_gone', 0, ''),
  // The two that the client's codec answers by itself.
  protocolError: failure('protocol_error', 400, 'The body of the request is malformed.'),
  clientTooSlow: failure('client_too_slow', 408, 'The request came too slowly.'),
  stopped: failure('stopped', 503, 'The gateway is stopping.'),
  internal: failure('internal', 500, 'The gateway failed on this request.'),
};

/** What a response head could not be had for, by `UpstreamFailure.code`. */
export function upstreamFailure(code: string): Failure {
  return byUpstreamCode.get(code) ?? failures.internal;
}

const byUpstreamCode: ReadonlyMap<string, Failure> = new Map(
  [
    failure('connect_refused', 503, unreachable),
    failure('connect_timeout', 503, unreachable),
    failure('connect_failed', 503, unreachable),
    failure('tls_failed', 503, unreachable),
    failure('reset', 503, brokeOff),
    failure('closed_early', 503, brokeOff),
    failure('refused_stream', 503, brokeOff),
    failure('bad_response', 502, 'The endpoint sent an invalid response.'),
    failure('upgrade_unsupported', 502, 'The endpoint can not switch protocols.'),
    failures.overloaded,
  ].map((known) => [known.code, known]),
);

/** A rule that can only fail, as the compiler has put it. */
export function ruleFailure(status: number, reason: string): Failure {
  return failure(reason, status, 'The configuration of this route is not valid.');
}
