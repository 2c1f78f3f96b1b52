import type { AbortReason } from '@fairlead/message';
import { ErrorCode } from './error-code.ts';

/** What a client is told when its response is broken off. */
export function resetCodeOf(reason: AbortReason): ErrorCode {
  if (reason === 'client_gone' || reason === 'timeout') return ErrorCode.cancel;
  return reason === 'protocol_error' ? ErrorCode.protocolError : ErrorCode.internalError;
}
