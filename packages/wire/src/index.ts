/**
 * HTTP/1.1 as bytes in, calls and text out; no sockets. Owners call `RequestParser` and `ResponseParser` with what they read, and write what
 * the `…Text` functions return (latin1).
 */
export type { BodySink } from './http1/body-reader.ts';
export { chunkHeader, lastChunk, trailerText } from './http1/chunk-text.ts';
export type { Http1Limits } from './http1/limits.ts';
export type { Octets } from './http1/octets.ts';
export { RequestParser, type RequestSink } from './http1/request-parser.ts';
export { type RequestFraming, requestHeadText } from './http1/request-text.ts';
export { ResponseParser, type ResponseSink } from './http1/response-parser.ts';
export { type ResponseTextOptions, responseHeadText } from './http1/response-text.ts';
export type { WireError } from './http1/wire-error.ts';
