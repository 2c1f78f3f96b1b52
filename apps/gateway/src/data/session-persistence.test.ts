import type { SessionPersistence } from '@fairlead/routing';
import { describe, expect, it } from 'vitest';
import { cookieValue, endpointToken, readSession, renewedSession, sessionCookie } from './session-persistence.ts';

const policy: SessionPersistence = {
  type: 'cookie',
  name: 's',
  path: '',
  absoluteTimeoutMs: 100_000,
  idleTimeoutMs: 20_000,
  lifetime: 'session',
};
const endpoint = { address: '10.0.0.1', port: 80, ready: true, zone: '' };

describe('a session', () => {
  const token = endpointToken(endpoint);
  const begun = renewedSession(token, null, policy, 1_000)!;

  it('names its endpoint without its address, alike everywhere', () => {
    expect(token).toMatch(/^[\w-]{12}$/);
    expect(endpointToken({ ...endpoint, zone: 'x' })).toBe(token);
    expect(endpointToken({ ...endpoint, port: 81 })).not.toBe(token);
  });

  it('is read back', () => {
    expect(readSession(begun, policy, 1_010)).toEqual({ token, begunSeconds: 1_000, usedSeconds: 1_000 });
  });

  it('runs out when idle', () => {
    expect(readSession(begun, policy, 1_019)).not.toBeNull();
    expect(readSession(begun, policy, 1_020)).toBeNull();
  });

  it('runs out whatever its use', () => {
    const used = `${token}.${(1_000).toString(36)}.${(1_099).toString(36)}`;
    expect(readSession(used, policy, 1_099)).not.toBeNull();
    expect(readSession(used, policy, 1_100)).toBeNull();
  });

  it('is written anew only when it must be', () => {
    const session = readSession(begun, policy, 1_001);
    expect(renewedSession(token, session, policy, 1_001)).toBeNull();
    expect(renewedSession(token, session, policy, 1_003)).toMatch(/\.rs\.rv$/);
    expect(renewedSession('elsewhere', session, policy, 1_001)).toMatch(/^elsewhere\./);
  });

  it.each(['', 'x', 'a.b', 'a.!.1', 'a.1.!', 'a.1.2.3'])('is none of ours: %j', (value) => {
    expect(readSession(value, policy, 0)).toBeNull();
  });
});

describe('its cookie', () => {
  it('is for the gateway alone', () => {
    expect(sessionCookie('v', policy, false)).toBe('s=v; Path=/; HttpOnly; SameSite=Lax');
    expect(sessionCookie('v', { ...policy, path: '/shop' }, true)).toBe(
      's=v; Path=/shop; HttpOnly; SameSite=Lax; Secure',
    );
  });

  it('lives as long as the session where that is asked for', () => {
    expect(sessionCookie('v', { ...policy, lifetime: 'permanent' }, false)).toMatch(/; Max-Age=100$/);
  });

  it.each([
    ['s=1', '1'],
    ['a=2; s=1; b=3', '1'],
    ['xs=2;s=1', '1'],
    ['sx=2', ''],
    ['', ''],
    ['s', ''],
  ])('is found in %j', (cookies, value) => {
    expect(cookieValue(cookies, 's')).toBe(value);
  });
});
