import { describe, expect, it } from 'vitest';
import { TrustedProxies } from './trusted-proxies.ts';

describe('TrustedProxies', () => {
  const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '2001:db8::1']);

  it.each([
    ['10.1.2.3', true],
    ['11.1.2.3', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['fd12::9', true],
    ['2001:db8::1', true],
    ['2001:db8::2', false],
    ['', false],
    ['host', false],
  ])('trusts %s: %s', (address, trusted) => {
    expect(proxies.trusts(address)).toBe(trusted);
  });

  it('trusts nobody by default', () => {
    expect(new TrustedProxies([]).trusts('127.0.0.1')).toBe(false);
  });

  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, 10.2.2.2', '203.0.113.9'],
    ['198.51.100.1, 203.0.113.9, 10.2.2.2, 10.3.3.3', '203.0.113.9'],
    ['10.4.4.4, 10.2.2.2', '10.4.4.4'],
    ['2001:db8::9 ,fd00::1', '2001:db8::9'],
    ['spoofed, 203.0.113.9', '203.0.113.9'],
    ['203.0.113.9, unknown', '10.0.0.1'],
    ['203.0.113.9, ', '10.0.0.1'],
    ['', '10.0.0.1'],
  ])('finds the client in %j: %s', (forwardedFor, client) => {
    expect(proxies.clientAddress('10.0.0.1', forwardedFor)).toBe(client);
  });
});
