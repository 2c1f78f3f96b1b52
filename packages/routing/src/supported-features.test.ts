import { expect, it } from 'vitest';
import { supportedFeatures } from './supported-features.ts';

it('claims at most 64 features, each once, in alphabetical order', () => {
  const names = supportedFeatures.map(({ name }) => name);
  expect(names.length).toBeLessThanOrEqual(64);
  expect(names).toEqual([...new Set(names)].sort());
});
