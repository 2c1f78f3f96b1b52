/**
 * HTTP as bytes in, calls and bytes out; no sockets.
 *
 * HTTP/1.1: owners call `RequestParser` and `ResponseParser` with what they read, and write what the `…Text` functions return (latin1).
 *
 * HTTP/2: a `ServerSession` or `ClientSession` per connection takes what its owner reads and writes through the owner's `SessionOutput`.
 */
export type { BodySink } from './http1/body-reader.ts';
export { chunkHeader, lastChunk, trailerText } from './http1/chunk-text.ts';
export type { Http1Limits } from './http1/limits.ts';
export { RequestParser, type RequestSink } from './http1/request-parser.ts';
export { type RequestFraming, requestHeadText } from './http1/request-text.ts';
export { ResponseParser, type ResponseSink } from './http1/response-parser.ts';
export { type ResponseTextOptions, responseHeadText } from './http1/response-text.ts';
export type { WireError } from './http1/wire-error.ts';
export { ClientSession, type ClientSink } from './http2/client-session.ts';
export type { ClientStream } from './http2/client-stream.ts';
export type { StreamDeadlines } from './http2/deadlines.ts';
export { ErrorCode } from './http2/error-code.ts';
export { preface } from './http2/preface.ts';
export { ServerSession } from './http2/server-session.ts';
export type { ServerSink } from './http2/server-sink.ts';
export { ServerStream } from './http2/server-stream.ts';
export type { SessionOutput } from './http2/session-output.ts';
export { type SessionReason, sessionReasons } from './http2/session-reason.ts';
export type { Http2ServerSettings, Http2SessionSettings } from './http2/settings.ts';
export type { Octets } from './octets.ts';
export { type ProxiedClient, type ProxyHeader, ProxyHeaderReader, type ProxyHeaderState } from './proxy-protocol.ts';
