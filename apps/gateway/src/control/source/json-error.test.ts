import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonError } from './json-error.ts';

describe('findJsonError', () => {
  it.each([
    ['', 0, 'a value is expected here'],
    ['{\n  "a": 1,\n}', 12, 'a key in double quotes is expected here'],
    ['{"a": [1, 2}', 11, '"," or "]" is expected here'],
    ['{"a" 1}', 5, '":" is expected here'],
    ['{a: 1}', 1, 'a key in double quotes or "}" is expected here'],
    ['{"a": secret}', 6, 'a value is expected here'],
    ['{"a": "two\nlines"}', 6, 'a value is expected here'],
    ['[1, 2', 5, '"," or "]" is expected here'],
    ['{} {}', 3, 'the end of the file is expected here'],
    ['[01]', 1, 'a value or "]" is expected here'],
  ])('%j at %i', (text, offset, message) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(findJsonError(text)).toEqual({ offset, message });
  });

  it('finds one in whatever JSON.parse refuses', () => {
    const edit = fc.tuple(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...'{}[]:,"\\x1 \n'));
    const property = fc.property(edit, ([value, at, put]) => {
      const good = JSON.stringify(value, null, 1);
      const text = good.slice(0, at % (good.length + 1)) + put + good.slice((at % (good.length + 1)) + 1);
      try {
        JSON.parse(text);
      } catch {
        expect(findJsonError(text).offset).toBeLessThanOrEqual(text.length);
        return;
      }
      expect(findJsonError(text)).toEqual({ offset: text.length, message: 'the end of the file is expected here' });
    });
    fc.assert(property, { numRuns: 1_000, seed: 5 });
  });
});
