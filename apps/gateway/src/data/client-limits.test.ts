import { expect, it } from 'vitest';
import { ClientLimits } from './client-limits.ts';

it('admits so many per client and forgets clients without connections', () => {
  const limits = new ClientLimits();
  const two = { admits: (_address: string, open: number) => open < 2 };
  const first = limits.admit('192.0.2.1', two)!;
  expect(limits.admit('::ffff:192.0.2.1', two)).toBe(first);
  expect(first.address).toBe('192.0.2.1');
  expect(limits.admit('192.0.2.1', two)).toBe(null);
  expect(limits.admit('192.0.2.2', two)).not.toBe(null);
  limits.release(first);
  expect(limits.admit('192.0.2.1', two)).toBe(first);
  limits.release(first);
  limits.release(first);
  expect(limits.admit('192.0.2.1', two)).not.toBe(first);
});
