import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments, parseDocument } from 'yaml';
import { splitDocuments } from './document-text.ts';

describe('splitDocuments', () => {
  it.each([
    ['', []],
    ['a: 1', [1]],
    ['a: 1\n---\nb: 2\n', [1, 2]],
    ['---\na: 1\n--- # next\nb: 2\n', [1, 3]],
    ['a: 1\n...\nb: 2\n', [1, 3]],
    ['# licence\n---\na: 1\n', [1, 2]],
    ['%YAML 1.2\n---\na: 1\n', [1]],
    ['a: 1\n...\n%YAML 1.2\n# directives\n---\nb: 2\n', [1, 3]],
    ['a: |\n  ---\n  text\n', [1]],
    ['a: "x ---"\n----\n', [1]],
    ['a: 1\r\n---\r\nb: 2\r\n', [1, 2]],
  ])('%j begins documents in lines %j', (text, lines) => {
    expect(splitDocuments(text).map(({ line }) => line)).toEqual(lines);
  });

  it('cuts where the full parser sees documents', () => {
    const line = fc.constantFrom(
      'a: 1',
      'b:',
      '  c: x',
      '  - 1',
      '---',
      '--- # x',
      '...',
      '# note',
      '',
      '  ---',
      '-----',
      'd: |',
    );
    const property = fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
      const text = lines.join('\n');
      const whole = parseAllDocuments(text, { uniqueKeys: false });
      if (!Array.isArray(whole) || whole.some(({ errors }) => errors.length > 0)) return;
      const cut = splitDocuments(text).map((document) => parseDocument(document.text, { uniqueKeys: false }).toJS());
      const isSomething = (value: unknown): boolean => value !== null;
      expect(cut.filter(isSomething)).toEqual(whole.map((document) => document.toJS()).filter(isSomething));
    });
    fc.assert(property, { numRuns: 1_000, seed: 3 });
  });
});
