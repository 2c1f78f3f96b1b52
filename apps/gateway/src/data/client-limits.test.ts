import { describe, expect, it } from 'vitest';
import { ClientLimits } from './client-limits.ts';
import { TrustedProxies } from './trusted-proxies.ts';

describe('ClientLimits', () => {
  const limits = new ClientLimits(2, new TrustedProxies(['10.0.0.0/8']));

  it('admits so many per client and forgets clients without connections', () => {
    const first = limits.admit('192.0.2.1')!;
    expect(limits.admit('::ffff:192.0.2.1')).toBe(first);
    expect(first.address).toBe('192.0.2.1');
    expect(limits.admit('192.0.2.1')).toBe(null);
    expect(limits.admit('192.0.2.2')).not.toBe(null);
    expect(limits.find('::ffff:192.0.2.1')).toBe(first);
    limits.release(first);
    expect(limits.admit('192.0.2.1')).toBe(first);
    limits.release(first);
    limits.release(first);
    expect(limits.find('192.0.2.1')).toBe(null);
  });

  it('does not bound trusted proxies', () => {
    for (let i = 0; i < 5; i++) expect(limits.admit('10.1.1.1')).not.toBe(null);
  });
});
