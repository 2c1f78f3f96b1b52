import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HostnameOwners } from './hostname-owners.ts';
import { intersects } from './hostnames.ts';

const names = ['', 'a', 'a.b', 'b.a', 'a.b.c', 'x.b.c', '*.c', '*.b.c', '*.a.b.c', '*.b', 'c', 'b.c', '*.x.b.c'];

it('finds a name that intersects exactly when there is one', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...names), { maxLength: 5 }), fc.constantFrom(...names), (held, asked) => {
      const owners = new HostnameOwners();
      for (const name of held) owners.add(name, `owner of ${name}`);
      const found = owners.find(asked);
      expect(found !== undefined).toBe(held.some((name) => intersects(name, asked)));
      if (found !== undefined) expect(intersects(found.slice('owner of '.length), asked)).toBe(true);
    }),
    { numRuns: Number(process.env.FAIRLEAD_FUZZ_RUNS ?? 1_000) },
  );
});

it('leaves a name with its first owner', () => {
  const owners = new HostnameOwners();
  for (const owner of ['first', 'second']) {
    for (const name of ['', 'a.b', '*.b']) owners.add(name, owner);
  }
  for (const name of ['', 'a.b', '*.b', 'x.b', 'other']) expect(owners.find(name)).toBe('first');
});
