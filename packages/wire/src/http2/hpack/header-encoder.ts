import { type Field, NameKind, names, type RequestHead, type ResponseHead } from '@fairlead/message';
import type { Octets } from '../../octets.ts';
import { EncoderTable } from './encoder-table.ts';
import { writeInteger } from './integer.ts';
import { KeptBlocks, SlotMark } from './kept-blocks.ts';
import { isSensitive, Literal, literalOverhead, writeCompressed, writeName, writeText } from './literal-writer.ts';

/** Where output goes; the writer moves `at`. */
export interface OutputCursor {
  bytes: Octets;
  at: number;
}

/** Shared by all connections of a thread. */
const blocks = new KeptBlocks();

/** Of the static table (RFC 7541 Appendix A). */
const StaticIndex = { authority: 1, get: 2, post: 3, path: 4, root: 4, http: 6, https: 7, status: 8 } as const;

const statusIndexes: ReadonlyMap<number, number> = new Map([
  [200, 8],
  [204, 9],
  [206, 10],
  [304, 11],
  [400, 12],
  [404, 13],
  [500, 14],
]);

/** For `:status`, table size updates, Content-Length and `te: trailers`. */
const fixedBytes = 96;

/** Octets that `HeaderEncoder.request` needs at most. */
export function requestBound(head: RequestHead): number {
  const { method, authority, path, upgrade, fields } = head;
  const pseudo = method.length + authority.length + path.length + upgrade.length + 5 * literalOverhead;
  return pseudo + trailersBound(fields);
}

/** Octets that `HeaderEncoder.response` needs at most. */
export function responseBound(head: ResponseHead): number {
  return trailersBound(head.fields);
}

/** Octets that `HeaderEncoder.trailers` needs at most. */
export function trailersBound(fields: readonly Field[]): number {
  let bound = fixedBytes;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    bound += field.name.name.length + field.value.length + literalOverhead;
  }
  return bound;
}

/**
 * Writes the field blocks of one direction of a connection. What belongs to a connection is left out, whoever added it to the fields.
 *
 * `repeated` puts fields that repeat into the dynamic table, `never` nothing at all: what several clients send over one connection must not
 * meet in a table, where its size would tell one what another sent (RFC 7541 §7.1). Secrets, and what arrived as never to be indexed, are never
 * indexed in either.
 */
export class HeaderEncoder {
  readonly #table: EncoderTable;

  constructor(indexing: 'never' | 'repeated') {
    this.#table = new EncoderTable(indexing === 'repeated');
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setMaxTableBytes(size: number): void {
    this.#table.setPeerMaximum(size);
  }

  /** `scheme`: of the connection, where it is another than the request's. */
  request(head: RequestHead, out: OutputCursor, scheme: 'http' | 'https' = head.scheme): void {
    const { bytes } = out;
    const tunnel = head.upgrade !== '';
    let at = this.#table.writeUpdates(bytes, out.at);
    at = writeMethod(bytes, at, tunnel ? 'CONNECT' : head.method);
    bytes[at++] = 0x80 | (scheme === 'https' ? StaticIndex.https : StaticIndex.http);
    if (head.authority !== '') at = writeIndexedName(bytes, at, StaticIndex.authority, head.authority);
    if (head.path === '/') bytes[at++] = 0x80 | StaticIndex.root;
    else at = writeIndexedName(bytes, at, StaticIndex.path, head.path);
    if (tunnel) at = writeText(bytes, writeName(bytes, at, names.pseudoProtocol, Literal.plain, false), head.upgrade);
    at = this.#writeFields(bytes, at, head.fields);
    if (head.contentLength >= 0) at = writeLength(bytes, at, head.contentLength);
    if (head.trailersAccepted) at = writeText(bytes, writeName(bytes, at, names.te, Literal.plain, false), 'trailers');
    out.at = at;
  }

  /** A 101, which HTTP/2 does not have, becomes the 200 that accepts extended CONNECT (RFC 8441 §5). */
  response(head: ResponseHead, out: OutputCursor): void {
    const { bytes } = out;
    let at = this.#table.writeUpdates(bytes, out.at);
    at = writeStatus(bytes, at, head.status === 101 ? 200 : head.status);
    at = this.#writeFields(bytes, at, head.fields);
    if (head.contentLength >= 0) at = writeLength(bytes, at, head.contentLength);
    out.at = at;
  }

  trailers(fields: readonly Field[], out: OutputCursor): void {
    out.at = this.#writeFields(out.bytes, this.#table.writeUpdates(out.bytes, out.at), fields);
  }

  #writeFields(bytes: Octets, at: number, fields: readonly Field[]): number {
    const table = this.#table;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      if (!blocks.has(field)) at = writeNew(bytes, at, field);
      else if (table.indexing) at = this.#writeRepeated(bytes, at, field);
      else at = blocks.write(field, bytes, at);
    }
    return at;
  }

  #writeRepeated(bytes: Octets, at: number, field: Field): number {
    const index = this.#table.find(field);
    if (index > 0) return writeInteger(bytes, at, index, 127, 0x80);
    if (!this.#table.add(field)) return blocks.write(field, bytes, at);
    return writeCompressed(bytes, writeName(bytes, at, field.name, Literal.incremental, true), field.value);
  }
}

/** A field whose octets are not kept. They are when it comes for the second time. */
function writeNew(bytes: Octets, at: number, field: Field): number {
  const { kind } = field.name;
  if (
    kind === NameKind.hopByHop ||
    kind === NameKind.pseudo ||
    kind === NameKind.host ||
    kind === NameKind.contentLength
  )
    return at;
  if (isSensitive(field))
    return writeText(bytes, writeName(bytes, at, field.name, Literal.neverIndexed, false), field.value);
  const slot = field.http2Slot;
  if (slot === SlotMark.none || slot === SlotMark.unkept) {
    if (slot === SlotMark.none) field.http2Slot = SlotMark.seen;
    return writeText(bytes, writeName(bytes, at, field.name, Literal.plain, false), field.value);
  }
  const end = writeCompressed(bytes, writeName(bytes, at, field.name, Literal.plain, true), field.value);
  blocks.keep(field, bytes, at, end);
  return end;
}

function writeMethod(bytes: Octets, at: number, method: string): number {
  if (method !== 'GET' && method !== 'POST') return writeIndexedName(bytes, at, StaticIndex.get, method);
  bytes[at] = 0x80 | (method === 'GET' ? StaticIndex.get : StaticIndex.post);
  return at + 1;
}

/** `index` below 15, as those of the pseudo fields are. */
function writeIndexedName(bytes: Octets, at: number, index: number, value: string): number {
  bytes[at] = index;
  return writeText(bytes, at + 1, value);
}

function writeStatus(bytes: Octets, at: number, status: number): number {
  const index = statusIndexes.get(status);
  if (index === undefined) return writeIndexedName(bytes, at, StaticIndex.status, String(status));
  bytes[at] = 0x80 | index;
  return at + 1;
}

function writeLength(bytes: Octets, at: number, length: number): number {
  return writeText(bytes, writeName(bytes, at, names.contentLength, Literal.plain, false), String(length));
}
