import { type Octets, viewOf } from '../octets.ts';
import { isAuthority } from './authority.ts';
import { Byte, targetBytes, tokenBytes } from './byte-class.ts';
import { LineCache } from './line-cache.ts';
import { methodFault } from './method.ts';
import { type WireError, wireErrors } from './wire-error.ts';

/** What a request line says. */
export interface RequestLine {
  readonly method: string;
  /** In origin-form, or `*`. */
  readonly path: string;
  /** Scheme and authority of an absolute-form target, '' otherwise. */
  readonly scheme: string;
  readonly authority: string;
  readonly http10: boolean;
  /** Of the target as it was sent. */
  readonly targetBytes: number;
}

/** Method, two spaces, version, CRLF beside the target: what a line may have beyond it. */
export const requestLineOverhead = 64;

const lines = new LineCache<RequestLine>();
const start = LineCache.start(0);

/** Reads request lines. `line` and `error` hold the outcome of the last call. */
export class RequestLineReader {
  line: RequestLine | null = null;
  error: WireError | null = null;
  readonly #maxTargetBytes: number;

  constructor(maxTargetBytes: number) {
    this.#maxTargetBytes = maxTargetBytes;
  }

  /** Returns the offset behind the line; `at` when it is not whole; -1: see `error`. */
  read(bytes: Octets, at: number, end: number): number {
    const guess = lines.foretold(start);
    const length = lines.match(guess, viewOf(bytes), at, end);
    return length > 0 ? this.#take(guess, at + length) : this.#scan(bytes, at, end);
  }

  /** A line that was read before, perhaps under other limits. */
  #take(slot: number, next: number): number {
    const line = lines.value(slot);
    if (line.targetBytes > this.#maxTargetBytes) return this.#fail(wireErrors.targetLength);
    this.line = line;
    return next;
  }

  #scan(bytes: Octets, at: number, end: number): number {
    if (tokenBytes[bytes[at]!] !== 1) return this.#fail(bytes[at] === 0x16 ? wireErrors.tls : wireErrors.method);
    let hash = 0;
    let i = at;
    let query = false;
    while (i < end && bytes[i] !== Byte.lf) {
      const byte = bytes[i++]!;
      hash = (Math.imul(hash, 31) + byte) | 0;
      if (byte === 63) query = true;
    }
    if (i - at > this.#maxTargetBytes + requestLineOverhead) return this.#fail(wireErrors.targetLength);
    if (i === end) return at;
    const slot = lines.find(hash, viewOf(bytes), at, i + 1);
    if (slot < 0) return this.#learn(bytes, at, i, hash, query);
    lines.follow(start, slot);
    return this.#take(slot, i + 1);
  }

  #learn(bytes: Octets, at: number, lf: number, hash: number, query: boolean): number {
    const outcome = readRequestLine(bytes, at, lf, this.#maxTargetBytes);
    if ('code' in outcome) return this.#fail(outcome);
    this.line = outcome;
    // Queries vary, and may carry what is not ours to keep.
    const slot = query ? -1 : lines.keep(hash, viewOf(bytes), at, lf + 1, outcome);
    if (slot >= 0) lines.follow(start, slot);
    return lf + 1;
  }

  #fail(error: WireError): -1 {
    this.error = error;
    return -1;
  }
}

/** The line `bytes[at, lf]`, which ends with LF. */
function readRequestLine(bytes: Octets, at: number, lf: number, maxTargetBytes: number): RequestLine | WireError {
  let i = at;
  while (tokenBytes[bytes[i]!] === 1) i++;
  const methodEnd = i;
  if (bytes[i++] !== Byte.space) return badByte(bytes, methodEnd, lf, wireErrors.method);
  const target = i;
  while (targetBytes[bytes[i]!] === 1) i++;
  if (i - target > maxTargetBytes) return wireErrors.targetLength;
  if (i === target || bytes[i] !== Byte.space) return badByte(bytes, i, lf, wireErrors.target);
  const version = versionAt(bytes, i + 1, lf);
  if (typeof version === 'object') return version;
  const method = bytes.latin1Slice(at, methodEnd);
  const fault = methodFault(method);
  if (fault !== null) return fault;
  return readTarget(method, bytes.latin1Slice(target, i), version === 0);
}

function badByte(bytes: Octets, at: number, lf: number, otherwise: WireError): WireError {
  if (at === lf) return wireErrors.bareLf;
  if (bytes[at] !== Byte.cr) return otherwise;
  return at + 1 === lf ? wireErrors.requestLine : wireErrors.bareCr;
}

/** The minor version of `HTTP/1.x` and CRLF at `at`. */
function versionAt(bytes: Octets, at: number, lf: number): 0 | 1 | WireError {
  let end = lf;
  if (bytes[end - 1] === Byte.cr) end--;
  const text = bytes.latin1Slice(at, end);
  const match = /^HTTP\/(\d+)\.(\d+)$/.exec(text);
  if (match === null) return text.includes('\r') ? wireErrors.bareCr : wireErrors.requestLine;
  if (text !== 'HTTP/1.1' && text !== 'HTTP/1.0') return wireErrors.version;
  if (end === lf) return wireErrors.bareLf;
  return text === 'HTTP/1.1' ? 1 : 0;
}

function readTarget(method: string, target: string, http10: boolean): RequestLine | WireError {
  const targetBytes = target.length;
  if (target.startsWith('/')) return { method, path: target, scheme: '', authority: '', http10, targetBytes };
  if (target === '*' && method === 'OPTIONS')
    return { method, path: target, scheme: '', authority: '', http10, targetBytes };
  const match = /^(https?):\/\/([^/?]*)(.*)$/i.exec(target);
  if (match === null || !isAuthority(match[2]!)) return wireErrors.target;
  const rest = match[3]!;
  // RFC 9112 §3.2.4: without a path it is the server that is asked for its options.
  const empty = method === 'OPTIONS' && rest === '' ? '*' : `/${rest}`;
  const path = rest.startsWith('/') ? rest : empty;
  return { method, path, scheme: match[1]!.toLowerCase(), authority: match[2]!, http10, targetBytes };
}
