import { type Field, ResponseHead } from '@fairlead/message';
import { type WireError, wireErrors } from '../../http1/wire-error.ts';
import { FieldUse, faultOf, firstFault, useOf } from './field-use.ts';

/**
 * The head that a field section makes, by RFC 9113 §8.2 and §8.3.2; a `WireError` when the response is malformed. `fields` is used up: it
 * becomes the head's. Whether the body has as many octets as Content-Length says, and whether an interim response ends the stream, is left
 * to the caller.
 */
export function readResponseHead(fields: Field[]): ResponseHead | WireError {
  const status = readStatus(fields);
  if (typeof status === 'object') return status;
  const head = new ResponseHead(status, fields);
  let kept = 0;
  for (let i = 1; i < fields.length; i++) {
    const field = fields[i]!;
    const use = useOf(field);
    if (isRelayed(use)) fields[kept++] = field;
    else {
      const error = addSpecial(head, field, use);
      if (error !== null) return error;
    }
  }
  fields.length = kept;
  return status < 200 && head.contentLength > 0 ? wireErrors.interimFraming : head;
}

/** The one pseudo field that a response has. */
function readStatus(fields: Field[]): number | WireError {
  if (fields.length === 0) return wireErrors.missingPseudo;
  const use = useOf(fields[0]!);
  if (use === FieldUse.status) return Number(fields[0]!.value);
  if (use >= firstFault) return faultOf(use);
  return use < FieldUse.method ? wireErrors.missingPseudo : wireErrors.unknownPseudo;
}

/** What is nothing special in a response goes to the client as it is. */
function isRelayed(use: number): boolean {
  return (
    use === FieldUse.ordinary ||
    use === FieldUse.underscored ||
    use === FieldUse.cookie ||
    use === FieldUse.expect ||
    use === FieldUse.unknownExpectation
  );
}

function addSpecial(head: ResponseHead, field: Field, use: number): WireError | null {
  switch (use) {
    case FieldUse.contentLength:
      if (head.contentLength >= 0) return wireErrors.duplicateLength;
      head.contentLength = Number(field.value);
      return null;
    case FieldUse.dropped:
    case FieldUse.te:
    case FieldUse.host:
    case FieldUse.badHost:
      return null;
    case FieldUse.status:
      return wireErrors.duplicatePseudo;
    default:
      return use >= firstFault ? faultOf(use) : wireErrors.unknownPseudo;
  }
}
