/** Why a message is refused. A value, never thrown. */
export interface WireError {
  /** What to answer a client; 502 where an upstream broke the protocol. */
  readonly status: number;
  /** Stable reason, as in logs, metrics and `x-fairlead-reason`. */
  readonly code: string;
  /** A sentence for the client. Nothing of what it sent. */
  readonly text: string;
}

const refusals = {
  // Lines
  bareCr: [400, 'bare_cr', 'A CR without LF.'],
  bareLf: [400, 'bare_lf', 'A line must end with CRLF.'],
  blankLines: [400, 'blank_lines', 'Too many empty lines before a request.'],
  tls: [400, 'tls_on_plain_port', 'This port does not speak TLS.'],

  // Start lines
  method: [400, 'bad_method', 'The method is not a token.'],
  requestLine: [400, 'bad_request_line', 'The request line is not "method SP target SP version".'],
  target: [400, 'bad_target', 'The request target is not valid.'],
  targetLength: [414, 'target_too_long', 'The request target is too long.'],
  unknownMethod: [501, 'unknown_method', 'The method is not known.'],
  refusedMethod: [501, 'refused_method', 'CONNECT and TRACE are not offered.'],
  version: [505, 'bad_version', 'Only HTTP/1.0 and HTTP/1.1 are spoken here.'],
  statusLine: [400, 'bad_status_line', 'The status line is not valid.'],

  // Fields
  obsFold: [400, 'obs_fold', 'A field line must not begin with whitespace.'],
  emptyName: [400, 'empty_name', 'A field has no name.'],
  missingColon: [400, 'missing_colon', 'A field line has no colon.'],
  spaceBeforeColon: [400, 'space_before_colon', 'Whitespace between field name and colon.'],
  nameByte: [400, 'bad_name_byte', 'A field name is not a token.'],
  valueByte: [400, 'bad_value_byte', 'A field value has a control character.'],
  underscore: [400, 'underscore_in_name', 'Field names with underscores are not accepted.'],
  headBytes: [431, 'head_too_large', 'The field lines are too long.'],
  fieldCount: [431, 'too_many_fields', 'There are too many field lines.'],

  // What fields say
  missingHost: [400, 'missing_host', 'Host is missing.'],
  duplicateHost: [400, 'duplicate_host', 'There is more than one Host.'],
  host: [400, 'bad_host', 'Host is not "name" or "name:port".'],
  hostMismatch: [400, 'host_mismatch', 'Host differs from the authority of the target.'],
  scheme: [400, 'scheme_mismatch', "The target's scheme is not that of the connection."],
  contentLength: [400, 'bad_content_length', 'Content-Length is not a number.'],
  duplicateLength: [400, 'duplicate_content_length', 'There is more than one Content-Length.'],
  lengthAndCoding: [400, 'length_and_transfer_encoding', 'Content-Length beside Transfer-Encoding.'],
  transferEncoding: [400, 'bad_transfer_encoding', 'Transfer-Encoding must be "chunked", once.'],
  codingInHttp10: [400, 'transfer_encoding_in_http10', 'HTTP/1.0 has no Transfer-Encoding.'],
  connection: [400, 'bad_connection', 'Connection is not a list of options, or names a field that can not be removed.'],
  upgradeWithBody: [400, 'upgrade_with_body', 'A request that asks for an upgrade can not have a body.'],
  expectation: [417, 'unknown_expectation', 'Only "Expect: 100-continue" is known.'],

  // Fields of HTTP/2 (RFC 9113 §8)
  upperCase: [400, 'upper_case_name', 'A field name has capitals.'],
  paddedValue: [400, 'padded_value', 'A field value begins or ends with whitespace.'],
  connectionField: [400, 'connection_field', 'A field that belongs to a connection of HTTP/1.1.'],
  unknownPseudo: [400, 'unknown_pseudo_field', 'A pseudo-header field that is not known here.'],
  duplicatePseudo: [400, 'duplicate_pseudo_field', 'A pseudo-header field is there twice.'],
  latePseudo: [400, 'late_pseudo_field', 'A pseudo-header field behind a field.'],
  missingPseudo: [400, 'missing_pseudo_field', 'A pseudo-header field is missing.'],
  badScheme: [400, 'bad_scheme', 'The scheme is neither http nor https.'],
  bodyLength: [400, 'body_length', 'The body is not as long as Content-Length says.'],
  selfDependency: [400, 'self_dependency', 'A stream can not depend on itself.'],
  tooManyStreams: [503, 'too_many_streams', 'More streams at once than are allowed.'],
  unknownProtocol: [501, 'unknown_protocol', 'Only WebSocket is offered over CONNECT.'],

  // Bodies
  chunkSize: [400, 'bad_chunk_size', 'A chunk size is not valid.'],
  chunkExtension: [400, 'bad_chunk_extension', 'A chunk extension is not valid.'],
  extensionBytes: [400, 'chunk_extensions_too_long', 'The chunk extensions are too long.'],
  chunkEnd: [400, 'bad_chunk_end', 'Chunk data must end with CRLF.'],
  trailer: [400, 'bad_trailer', 'A trailer field that belongs into the head.'],

  // Responses
  interimCount: [400, 'too_many_interim', 'Too many interim responses.'],
  interimFraming: [400, 'interim_with_body', 'An interim response can not have a body.'],
  switching: [400, 'bad_upgrade', 'A 101 does not say what it switches to.'],
  badStatus: [400, 'bad_status', 'The status is not three digits, or 101 over HTTP/2.'],
} as const;

/**
 * All refusals of messages. Over HTTP/1.x the connection is closed after each of them: what follows can't be told from the message. Over HTTP/2 those
 * with status 400 reset the stream.
 */
export const wireErrors: Readonly<Record<keyof typeof refusals, WireError>> = toErrors(refusals);

function toErrors<Key extends string>(
  table: Readonly<Record<Key, readonly [number, string, string]>>,
): Record<Key, WireError> {
  const entries = Object.entries<readonly [number, string, string]>(table);
  const errors = entries.map(([key, [status, code, text]]) => [key, Object.freeze({ status, code, text })]);
  return Object.fromEntries(errors) as Record<Key, WireError>;
}
