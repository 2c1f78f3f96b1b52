import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from './line-splitter.ts';

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\n', ''));
    const property = fc.property(fc.array(line), line, fc.array(fc.nat(200)), (lines, rest, cuts) => {
      const bytes = Buffer.from(lines.map((one) => `${one}\n`).join('') + rest);
      const found: string[] = [];
      const splitter = new LineSplitter((one) => found.push(one));
      let at = 0;
      for (const cut of [...cuts, bytes.length]) {
        splitter.push(bytes.subarray(at, at + cut));
        at = Math.min(bytes.length, at + cut);
      }
      expect(found).toEqual(lines);
      expect(splitter.pendingBytes).toBe(Buffer.byteLength(rest));
    });
    fc.assert(property, { seed: 1, numRuns: 300 });
  });

  it('refuses a line without end', () => {
    const splitter = new LineSplitter(() => {});
    const chunk = Buffer.alloc(8 * 1024 * 1024, 0x61);
    expect(() => {
      for (let i = 0; i < 9; i++) splitter.push(chunk);
    }).toThrow('has no end');
  });
});
