import { Field, internName, type NameInfo, NameKind, names } from '@fairlead/message';
import { isAuthority } from './authority.ts';

/** What a field line tells the codec. */
export class FieldLine {
  readonly field: Field;
  readonly role: LineRole;
  /** By role: octets of the body or -1, `ConnectionBit`s or -1, seconds or -1, 1 for what we know and 0 for what we don't. */
  readonly number: number;
  /** Role `upgrade`: the protocol. */
  readonly text: string;
  /** Role `connection`: names to be removed, lower case; null without. */
  readonly names: readonly string[] | null;

  constructor(field: Field, role: LineRole, number: number, text: string, listed: readonly string[] | null) {
    this.field = field;
    this.role = role;
    this.number = number;
    this.text = text;
    this.names = listed;
  }
}

export const LineRole = {
  /** End-to-end: into the head's fields. */
  ordinary: 0,
  /** End-to-end, with `_` in its name. */
  underscored: 1,
  /** Hop-by-hop without meaning to us. */
  dropped: 2,
  host: 3,
  contentLength: 4,
  transferEncoding: 5,
  connection: 6,
  te: 7,
  upgrade: 8,
  expect: 9,
  keepAlive: 10,
} as const;
export type LineRole = (typeof LineRole)[keyof typeof LineRole];

export const ConnectionBit = { close: 1, keepAlive: 2, upgrade: 4 } as const;

/**
 * Reads a line once; what comes out is kept beside its octets where the name allows it. `padded`: whitespace followed the value, on which parsers
 * of Transfer-Encoding differ.
 */
export function readFieldLine(name: NameInfo, value: string, padded: boolean): FieldLine {
  const field = new Field(name, value);
  switch (name) {
    case names.contentLength:
      return new FieldLine(field, LineRole.contentLength, octetCount(value), '', null);
    case names.host:
      return new FieldLine(field, LineRole.host, isAuthority(value) ? 1 : 0, '', null);
    case names.transferEncoding:
      return new FieldLine(field, LineRole.transferEncoding, isChunked(value) && !padded ? 1 : 0, '', null);
    case names.connection:
      return connectionLine(field);
    case names.proxyConnection:
      // Nothing by RFC 9112, but some parsers take it for Connection: to close is safe.
      return new FieldLine(
        field,
        LineRole.connection,
        listOf(value).includes('close') ? ConnectionBit.close : 0,
        '',
        null,
      );
    case names.te:
      return new FieldLine(field, LineRole.te, listOf(value).includes('trailers') ? 1 : 0, '', null);
    case names.upgrade:
      return new FieldLine(field, LineRole.upgrade, 0, protocolOf(value), null);
    case names.keepAlive:
      return new FieldLine(field, LineRole.keepAlive, idleSeconds(value), '', null);
    case names.expect:
      return new FieldLine(field, LineRole.expect, value.toLowerCase() === '100-continue' ? 1 : 0, '', null);
    default:
      return new FieldLine(field, roleOf(name), 0, '', null);
  }
}

function isChunked(value: string): boolean {
  return value.toLowerCase() === 'chunked';
}

/**
 * Whether lines of this name may be kept: secrets and what varies may not. Lengths repeat, and so do the tags of what is asked for often (400 ns
 * for each that is not kept).
 */
export function isKeepable(name: NameInfo): boolean {
  return name.internValues || name === names.contentLength || name === names.etag;
}

function roleOf(name: NameInfo): LineRole {
  if (name.kind === NameKind.hopByHop) return LineRole.dropped;
  return name.name.includes('_') ? LineRole.underscored : LineRole.ordinary;
}

/** -1 when it is not 1 to 15 digits: above that doubles can't count. */
export function octetCount(value: string): number {
  return /^\d{1,15}$/.test(value) ? Number(value) : -1;
}

/** `timeout` of Keep-Alive (RFC 2068 §19.7.1.1): how long the sender keeps an idle connection. -1 without. */
function idleSeconds(value: string): number {
  const timeout = listOf(value).find((parameter) => parameter.startsWith('timeout='));
  const seconds = timeout === undefined ? '' : timeout.slice('timeout='.length);
  return /^\d{1,7}$/.test(seconds) ? Number(seconds) : -1;
}

function connectionLine(field: Field): FieldLine {
  let bits = 0;
  const listed: string[] = [];
  for (const option of listOf(field.value)) {
    if (option === 'close') bits |= ConnectionBit.close;
    else if (option === 'keep-alive') bits |= ConnectionBit.keepAlive;
    else if (option === 'upgrade') bits |= ConnectionBit.upgrade;
    else if (isRemovable(option)) listed.push(option);
    else return new FieldLine(field, LineRole.connection, -1, '', null);
  }
  return new FieldLine(field, LineRole.connection, bits, '', listed.length === 0 ? null : listed);
}

/** A name whose field is wherever a message is framed or routed can't be taken away from it by its sender. */
function isRemovable(option: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(option) && option !== 'host' && option !== 'content-length';
}

/** The first protocol that is not `h2c`: HTTP/2 over plain TCP is spoken with prior knowledge only (RFC 9113 §3.1). '' without. */
function protocolOf(value: string): string {
  return listOf(value).find((protocol) => isProtocol.test(protocol) && protocol !== 'h2c') ?? '';
}

const isProtocol = /^[!#$%&'*+\-.^_`|~0-9a-z]+(?:\/[!#$%&'*+\-.^_`|~0-9a-z]+)?$/;

/** Elements of a comma-separated list, lower case, without empty ones (RFC 9110 §5.6.1.2). */
function listOf(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((element) => element.replace(/^[\t ]+|[\t ]+$/g, ''))
    .filter((element) => element !== '');
}

/** Never taken from a trailer section: what frames, routes, authenticates or changes how a message is to be read (RFC 9110 §6.5.1). */
const keptOutOfTrailers: ReadonlySet<NameInfo> = new Set(
  [
    'accept',
    'accept-encoding',
    'age',
    'authentication-info',
    'authorization',
    'cache-control',
    'content-encoding',
    'content-range',
    'content-type',
    'cookie',
    'cookie2',
    'date',
    'expect',
    'expires',
    'forwarded',
    'grpc-timeout',
    'if-match',
    'if-modified-since',
    'if-none-match',
    'if-range',
    'if-unmodified-since',
    'location',
    'max-forwards',
    'origin',
    'pragma',
    'range',
    'retry-after',
    'set-cookie',
    'trailer',
    'vary',
    'via',
    'warning',
    'www-authenticate',
    'x-http-method-override',
    'x-real-ip',
    'x-request-id',
  ].map(internName),
);

/** Whether a trailer field is relayed; the others are dropped. */
export function isTrailer(field: Field): boolean {
  const { kind, name } = field.name;
  return kind !== NameKind.secret && !name.startsWith('x-forwarded-') && !keptOutOfTrailers.has(field.name);
}
