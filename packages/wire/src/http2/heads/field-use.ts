import { type Field, type NameInfo, NameKind, names } from '@fairlead/message';
import { isAuthority } from '../../http1/authority.ts';
import { lowerTokenBytes, tokenBytes } from '../../http1/byte-class.ts';
import { octetCount } from '../../http1/field-line.ts';
import { methodFault } from '../../http1/method.ts';
import { type WireError, wireErrors } from '../../http1/wire-error.ts';
import { isBlank } from '../../octets.ts';

/** What a field is to the reader of a head. */
export const FieldUse = {
  unknown: 0,
  /** End-to-end, of no meaning to the codec. */
  ordinary: 1,
  /** End-to-end, with `_` in its name. */
  underscored: 2,
  /** Hop-by-hop without meaning to us. */
  dropped: 3,
  cookie: 4,
  host: 5,
  contentLength: 6,
  te: 7,
  expect: 8,
  // Pseudo fields
  method: 9,
  connect: 10,
  scheme: 11,
  authority: 12,
  path: 13,
  asterisk: 14,
  protocol: 15,
  status: 16,
  // What is malformed wherever it stands
  badName: 32,
  upperCase: 33,
  badValue: 34,
  paddedValue: 35,
  connectionField: 36,
  badLength: 37,
  badHost: 38,
  unknownExpectation: 39,
  unknownPseudo: 40,
  badMethod: 41,
  unknownMethod: 42,
  refusedMethod: 43,
  badScheme: 44,
  badPath: 45,
  unknownProtocol: 46,
  badStatus: 47,
} as const;
export type FieldUse = (typeof FieldUse)[keyof typeof FieldUse];

/** Uses from here on are faults. */
export const firstFault = 32;

const faults: Readonly<Record<number, WireError>> = {
  [FieldUse.badName]: wireErrors.nameByte,
  [FieldUse.upperCase]: wireErrors.upperCase,
  [FieldUse.badValue]: wireErrors.valueByte,
  [FieldUse.paddedValue]: wireErrors.paddedValue,
  [FieldUse.connectionField]: wireErrors.connectionField,
  [FieldUse.badLength]: wireErrors.contentLength,
  [FieldUse.badHost]: wireErrors.host,
  [FieldUse.unknownExpectation]: wireErrors.expectation,
  [FieldUse.unknownPseudo]: wireErrors.unknownPseudo,
  [FieldUse.badMethod]: wireErrors.method,
  [FieldUse.unknownMethod]: wireErrors.unknownMethod,
  [FieldUse.refusedMethod]: wireErrors.refusedMethod,
  [FieldUse.badScheme]: wireErrors.badScheme,
  [FieldUse.badPath]: wireErrors.target,
  [FieldUse.unknownProtocol]: wireErrors.unknownProtocol,
  [FieldUse.badStatus]: wireErrors.badStatus,
};

/** Why a field of this use, a fault, is refused. */
export function faultOf(use: number): WireError {
  return faults[use]!;
}

/** What the field is; judged once, since fields that repeat are one object. */
export function useOf(field: Field): number {
  if (field.http2Use === FieldUse.unknown) field.http2Use = judge(field);
  return field.http2Use;
}

/** Octets of the value were checked where they were read. */
function judge({ name, value }: Field): FieldUse {
  if (isPadded(value)) return FieldUse.paddedValue;
  switch (name.kind) {
    case NameKind.pseudo:
      return judgePseudo(name, value);
    case NameKind.hopByHop:
      return judgeHopByHop(name, value);
    case NameKind.contentLength:
      return octetCount(value) < 0 ? FieldUse.badLength : FieldUse.contentLength;
    case NameKind.host:
      return isAuthority(value) ? FieldUse.host : FieldUse.badHost;
    case NameKind.cookie:
      return FieldUse.cookie;
    default:
      return name === names.expect ? judgeExpect(value) : judgeName(name.name);
  }
}

/** RFC 9113 §8.2.1. */
function isPadded(value: string): boolean {
  return value !== '' && (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(value.length - 1)));
}

function judgeExpect(value: string): FieldUse {
  return value.toLowerCase() === '100-continue' ? FieldUse.expect : FieldUse.unknownExpectation;
}

/** `Field` names are lower case unless the peer's were not names. */
function judgeName(name: string): FieldUse {
  if (name === '') return FieldUse.badName;
  let use: FieldUse = FieldUse.ordinary;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (lowerTokenBytes[code] !== 1) return code >= 65 && code <= 90 ? FieldUse.upperCase : FieldUse.badName;
    if (code === 95) use = FieldUse.underscored;
  }
  return use;
}

/** RFC 9113 §8.2.2. Others that a proxy must not relay are dropped, as those of HTTP/1.1 are. */
function judgeHopByHop(name: NameInfo, value: string): FieldUse {
  switch (name) {
    case names.te:
      return value.toLowerCase() === 'trailers' ? FieldUse.te : FieldUse.connectionField;
    case names.connection:
    case names.keepAlive:
    case names.proxyConnection:
    case names.transferEncoding:
    case names.upgrade:
      return FieldUse.connectionField;
    default:
      return FieldUse.dropped;
  }
}

function judgePseudo(name: NameInfo, value: string): FieldUse {
  switch (name) {
    case names.pseudoMethod:
      return judgeMethod(value);
    case names.pseudoScheme:
      return value === 'https' || value === 'http' ? FieldUse.scheme : FieldUse.badScheme;
    case names.pseudoAuthority:
      return isAuthority(value) ? FieldUse.authority : FieldUse.badHost;
    case names.pseudoPath:
      if (value === '*') return FieldUse.asterisk;
      return value.startsWith('/') ? FieldUse.path : FieldUse.badPath;
    case names.pseudoProtocol:
      return value.toLowerCase() === 'websocket' ? FieldUse.protocol : FieldUse.unknownProtocol;
    case names.pseudoStatus:
      return /^[1-9]\d\d$/.test(value) && value !== '101' ? FieldUse.status : FieldUse.badStatus;
    default:
      return FieldUse.unknownPseudo;
  }
}

function judgeMethod(value: string): FieldUse {
  if (value === 'CONNECT') return FieldUse.connect;
  const fault = methodFault(value);
  if (fault === null) return FieldUse.method;
  if (fault === wireErrors.refusedMethod) return FieldUse.refusedMethod;
  return isToken(value) ? FieldUse.unknownMethod : FieldUse.badMethod;
}

function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (tokenBytes[text.charCodeAt(i)] !== 1) return false;
  return text !== '';
}
