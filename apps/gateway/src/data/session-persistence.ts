import { createHash } from 'node:crypto';
import type { Endpoint, SessionPersistence } from '@fairlead/routing';

/** What a client brought back: the endpoint's token and when the session began and was last used. */
export interface Session {
  readonly token: string;
  /** Seconds since the epoch. */
  readonly begunSeconds: number;
  readonly usedSeconds: number;
}

/**
 * Names an endpoint without showing its address. The same for every worker, replica and start, so that sessions outlive them all.
 * 72 bits of a hash: a collision would only send a session elsewhere.
 */
export function endpointToken(endpoint: Endpoint): string {
  const hash = createHash('sha256').update(`fairlead session ${endpoint.address} ${endpoint.port}`).digest();
  return hash.subarray(0, 9).toString('base64url');
}

/** Null when `value` is none of ours or the session has run out. */
export function readSession(value: string, policy: SessionPersistence, nowSeconds: number): Session | null {
  const parts = value.split('.');
  if (parts.length !== 3) return null;
  const begunSeconds = Number.parseInt(parts[1]!, 36);
  const usedSeconds = Number.parseInt(parts[2]!, 36);
  if (!Number.isSafeInteger(begunSeconds) || !Number.isSafeInteger(usedSeconds)) return null;
  const { absoluteTimeoutMs, idleTimeoutMs } = policy;
  if (absoluteTimeoutMs > 0 && nowSeconds - begunSeconds >= absoluteTimeoutMs / 1_000) return null;
  if (idleTimeoutMs > 0 && nowSeconds - usedSeconds >= idleTimeoutMs / 1_000) return null;
  return { token: parts[0]!, begunSeconds, usedSeconds };
}

/** What the response must carry so that the session holds; null when what the client has is still good. */
export function renewedSession(
  token: string,
  session: Session | null,
  policy: SessionPersistence,
  nowSeconds: number,
): string | null {
  const same = session !== null && session.token === token;
  // Written anew at a tenth of the idle time, so that not every response carries it.
  const stale = policy.idleTimeoutMs > 0 && same && nowSeconds - session.usedSeconds > policy.idleTimeoutMs / 10_000;
  if (same && !stale && policy.type === 'cookie') return null;
  const begunSeconds = same ? session.begunSeconds : nowSeconds;
  return `${token}.${begunSeconds.toString(36)}.${nowSeconds.toString(36)}`;
}

/** The `Set-Cookie` value. `HttpOnly`: the cookie is for the gateway alone. */
export function sessionCookie(value: string, policy: SessionPersistence, secure: boolean): string {
  let text = `${policy.name}=${value}; Path=${policy.path === '' ? '/' : policy.path}; HttpOnly; SameSite=Lax`;
  if (secure) text += '; Secure';
  if (policy.lifetime === 'permanent' && policy.absoluteTimeoutMs > 0) {
    text += `; Max-Age=${Math.floor(policy.absoluteTimeoutMs / 1_000)}`;
  }
  return text;
}

/** The value of cookie `name` in a `Cookie` field; '' without. */
export function cookieValue(cookies: string, name: string): string {
  let at = 0;
  while (at < cookies.length) {
    let end = cookies.indexOf(';', at);
    if (end < 0) end = cookies.length;
    while (cookies.charCodeAt(at) === 0x20) at++;
    if (cookies.startsWith(name, at) && cookies[at + name.length] === '=') {
      return cookies.slice(at + name.length + 1, end).trim();
    }
    at = end + 1;
  }
  return '';
}
