import type { Field } from '@fairlead/message';
import { isTrailer } from '../../http1/field-line.ts';
import { type WireError, wireErrors } from '../../http1/wire-error.ts';
import { FieldUse, faultOf, firstFault, useOf } from './field-use.ts';

/**
 * The fields of a trailer section that are relayed (RFC 9113 §8.1, RFC 9110 §6.5.1); a `WireError` when it is malformed. `allowUnderscores`: as in
 * `RequestRules` for a request's, true for a response's.
 */
export function readTrailers(fields: Field[], allowUnderscores: boolean): Field[] | WireError {
  for (let i = 0; i < fields.length; i++) {
    const error = faultIn(useOf(fields[i]!), allowUnderscores);
    if (error !== null) return error;
  }
  return fields.filter(isTrailer);
}

function faultIn(use: number, allowUnderscores: boolean): WireError | null {
  switch (use) {
    case FieldUse.ordinary:
    case FieldUse.cookie:
    case FieldUse.expect:
    case FieldUse.unknownExpectation:
      return null;
    case FieldUse.underscored:
      return allowUnderscores ? null : wireErrors.underscore;
    case FieldUse.dropped:
    case FieldUse.host:
    case FieldUse.badHost:
    case FieldUse.te:
    case FieldUse.contentLength:
      return wireErrors.trailer;
    default:
      return use >= firstFault ? faultOf(use) : wireErrors.latePseudo;
  }
}
