import { type WireError, wireErrors } from './wire-error.ts';

/** Why a method, a token, is not served; null when it is. */
export function methodFault(method: string): WireError | null {
  if (methods.has(method)) return null;
  return method === 'CONNECT' || method === 'TRACE' ? wireErrors.refusedMethod : wireErrors.unknownMethod;
}

/** Registered methods, as llhttp knows them, without CONNECT and TRACE. */
const methods: ReadonlySet<string> = new Set([
  ...[
    'ACL',
    'BIND',
    'CHECKOUT',
    'COPY',
    'DELETE',
    'GET',
    'HEAD',
    'LINK',
    'LOCK',
    'M-SEARCH',
    'MERGE',
    'MKACTIVITY',
    'MKCALENDAR',
  ],
  ...[
    'MKCOL',
    'MOVE',
    'NOTIFY',
    'OPTIONS',
    'PATCH',
    'POST',
    'PROPFIND',
    'PROPPATCH',
    'PURGE',
    'PUT',
    'QUERY',
    'REBIND',
    'REPORT',
  ],
  ...['SEARCH', 'SOURCE', 'SUBSCRIBE', 'UNBIND', 'UNLINK', 'UNLOCK', 'UNSUBSCRIBE'],
]);
