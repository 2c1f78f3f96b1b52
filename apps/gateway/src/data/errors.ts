/**
 * Why an exchange was answered here, or cut short, instead of relaying an endpoint's answer. The code is stable: access log, metrics and
 * `x-fairlead-reason` carry it.
 */
export interface Failure {
  readonly code: string;
  readonly status: number;
  /** For people; carries nothing of the inside: no address, no name of a backend. */
  readonly text: string;
}

function failure(code: string, status: number, text: string): Failure {
  return { code, status, text };
}

/** One table from code to status. */
export const failures: {
  readonly badPath: Failure;
  readonly noListener: Failure;
  readonly noRoute: Failure;
  readonly misdirected: Failure;
  readonly methodRefused: Failure;
  readonly upgradeRefused: Failure;
  readonly invalidBackend: Failure;
  readonly noEndpoints: Failure;
  readonly overloaded: Failure;
  readonly connectFailed: Failure;
  readonly upstreamReset: Failure;
  readonly badResponse: Failure;
  readonly upstreamHung: Failure;
  readonly requestTimeout: Failure;
  readonly backendTimeout: Failure;
  readonly headTimeout: Failure;
  readonly slowBody: Failure;
  readonly clientGone: Failure;
  readonly protocolError: Failure;
  readonly writeIdle: Failure;
  readonly draining: Failure;
  readonly internal: Failure;
} = {
  badPath: failure('bad_path', 400, 'The path of the request is not acceptable.'),
  noListener: failure('no_listener', 404, 'No listener serves this host.'),
  noRoute: failure('no_route', 404, 'No route matches this request.'),
  misdirected: failure('misdirected', 421, 'This connection does not serve this host.'),
  methodRefused: failure('method_refused', 405, 'This method is not available here.'),
  upgradeRefused: failure('upgrade_refused', 400, 'This upgrade is not available here.'),
  invalidBackend: failure('invalid_backend', 500, 'The backend of this route is not valid.'),
  noEndpoints: failure('no_endpoints', 503, 'No endpoint is ready.'),
  overloaded: failure('overloaded', 503, 'Every endpoint is at its limit.'),
  connectFailed: failure('connect_failed', 503, 'The endpoint could not be reached.'),
  upstreamReset: failure('upstream_reset', 503, 'The endpoint closed the connection.'),
  badResponse: failure('bad_response', 502, 'The endpoint sent an invalid response.'),
  upstreamHung: failure('upstream_hung', 504, 'The endpoint does not answer.'),
  requestTimeout: failure('request_timeout', 504, 'The request took too long.'),
  backendTimeout: failure('backend_timeout', 504, 'The endpoint took too long to answer.'),
  headTimeout: failure('head_timeout', 408, 'The head of the request took too long.'),
  slowBody: failure('slow_body', 408, 'The body of the request came too slowly.'),
  clientGone: failure('client_gone', 0, ''),
  protocolError: failure('protocol_error', 400, 'The body of the request is malformed.'),
  writeIdle: failure('write_idle', 0, ''),
  draining: failure('draining', 503, 'This gateway is stopping.'),
  internal: failure('internal', 500, 'The gateway failed on this request.'),
};

/** What a response head could not be had for, by `UpstreamFailure.code`. */
export function upstreamFailure(code: string): Failure {
  return byUpstreamCode.get(code) ?? failures.connectFailed;
}

const byUpstreamCode: ReadonlyMap<string, Failure> = new Map([
  ['connect_refused', failure('connect_refused', 503, failures.connectFailed.text)],
  ['connect_timeout', failure('connect_timeout', 503, failures.connectFailed.text)],
  ['connect_failed', failures.connectFailed],
  ['tls_failed', failure('tls_failed', 503, failures.connectFailed.text)],
  ['reset', failures.upstreamReset],
  ['closed_early', failure('closed_early', 503, failures.upstreamReset.text)],
  ['bad_response', failures.badResponse],
  ['refused_stream', failure('refused_stream', 503, failures.upstreamReset.text)],
  ['overloaded', failures.overloaded],
]);
