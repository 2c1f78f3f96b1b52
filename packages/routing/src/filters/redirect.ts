import type { MatchEntry, RequestRedirect } from '../table.ts';
import { replacePath } from './replace-path.ts';

/** What a redirect is made from. */
export interface RedirectSource {
  readonly scheme: 'http' | 'https';
  /** As in `RequestHead`: host with optional port; '' only from HTTP/1.0 clients. */
  readonly authority: string;
  /** The port of the Gateway's listener, which need not be the one of the socket. */
  readonly listenerPort: number;
  /** Normalised, without query. */
  readonly path: string;
  /** Without `?`; '' for none. */
  readonly query: string;
  /** The match that led to the filter: its prefix is what a prefix replacement replaces. */
  readonly entry: MatchEntry;
}

export interface Redirection {
  readonly status: number;
  /** Absolute; only the path when neither filter nor client names a host. */
  readonly location: string;
}

/** The query survives: the API speaks of the path only. */
export function redirectTo(redirect: RequestRedirect, source: RedirectSource): Redirection {
  const path = redirect.path === null ? source.path : replacePath(redirect.path, source.path, source.entry);
  const query = source.query === '' ? '' : `?${source.query}`;
  const target = path === '*' ? '/' : path + query;
  return { status: redirect.status, location: originOf(redirect, source) + target };
}

function originOf(redirect: RequestRedirect, source: RedirectSource): string {
  const host = redirect.hostname === '' ? withoutPort(source.authority) : redirect.hostname;
  if (host === '') return '';
  const scheme = redirect.scheme === '' ? source.scheme : redirect.scheme;
  const port = portOf(redirect, source);
  return port === wellKnownPort(scheme) ? `${scheme}://${host}` : `${scheme}://${host}:${port}`;
}

/**
 * "If redirect scheme is not-empty, the redirect port MUST be the well-known port associated with the redirect scheme. … If redirect scheme
 * is empty, the redirect port MUST be the Gateway Listener port." Never that of the client's Host.
 */
function portOf({ port, scheme }: RequestRedirect, { listenerPort }: RedirectSource): number {
  if (port !== 0) return port;
  return scheme === '' ? listenerPort : wellKnownPort(scheme);
}

function wellKnownPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80;
}

/** The brackets of an IPv6 address stay. */
function withoutPort(authority: string): string {
  const colon = authority.indexOf(':', authority.lastIndexOf(']') + 1);
  return colon < 0 ? authority : authority.slice(0, colon);
}
