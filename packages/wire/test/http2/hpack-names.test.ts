import { internName } from '@fairlead/message';
import { expect, it } from 'vitest';
import { HeaderDecoder } from '../../src/http2/hpack/header-decoder.ts';
import { plain, rawBlock, rawInteger, roomy } from './raw-block.ts';

/** In a file of its own: it fills the table of names. */
it('finds a name that is configured after a flood of names, on a connection that has it in its table', () => {
  const decoder = new HeaderDecoder(4_096, { ...roomy, maxFields: 1_000, maxFieldSectionBytes: 1_000_000 });
  const read = (block: Buffer) => {
    expect(decoder.decode(block, 0, block.length)).toBe(true);
    return decoder.fields;
  };
  for (let i = 0; i < 10; i++) read(rawBlock(Array.from({ length: 1_000 }, (_, j) => [`x-flood-${i}-${j}`, 'v'])));
  const block = rawBlock(
    [
      ['x-late', 'a'],
      ['X-Late', 'b'],
    ],
    0x40,
  );
  const before = read(block);
  const name = internName('x-late');
  expect(before[0]!.name).not.toBe(name);
  const [capital, late] = read(Buffer.concat([rawInteger(62, 127, 0x80), rawInteger(63, 127, 0x80)]));
  expect(plain([capital!, late!])).toEqual([
    ['X-Late', 'b'],
    ['x-late', 'a'],
  ]);
  expect(late!.name).toBe(name);
  // A literal whose name is that of an entry.
  const [named] = read(Buffer.concat([rawInteger(63, 63, 0x40), Buffer.from('0163', 'hex')]));
  expect(named!.name).toBe(name);
});
