import type { Listener } from '@fairlead/routing';
import { describe, expect, it } from 'vitest';
import { ListenerNames } from './listener-names.ts';

function names(...hostnames: string[]): ListenerNames {
  const gateway = { namespace: 'default', name: 'gw' };
  const listeners = hostnames.map(
    (hostname, i): Listener => ({
      id: `${i} ${hostname}`,
      gateway,
      name: `${i}`,
      port: 80,
      hostname,
      tls: null,
      clientPolicy: null,
    }),
  );
  return new ListenerNames(listeners);
}

describe('ListenerNames', () => {
  const all = names('a.example.com', '*.example.com', '*.deep.example.com', '', '*.com', 'a.example.com');

  it.each([
    ['a.example.com', '0 a.example.com'],
    ['b.example.com', '1 *.example.com'],
    ['x.y.example.com', '1 *.example.com'],
    ['x.deep.example.com', '2 *.deep.example.com'],
    ['deep.example.com', '1 *.example.com'],
    ['example.com', '4 *.com'],
    ['com', '3 '],
    ['example.org', '3 '],
    ['', '3 '],
    ['.example.com', '3 '],
    ['__proto__', '3 '],
  ])('finds the most specific listener of %s', (host, id) => {
    expect(all.select(host)?.id).toBe(id);
  });

  it('finds none where no listener takes any host', () => {
    const some = names('a.example.com', '*.example.org');
    expect(some.select('b.example.com')).toBe(null);
    expect(some.select('example.org')).toBe(null);
    expect(some.select('')).toBe(null);
  });
});
