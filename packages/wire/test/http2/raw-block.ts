import type { Field } from '@fairlead/message';
import { HeaderDecoder } from '../../src/http2/hpack/header-decoder.ts';

/** A name and a value as they go over the wire, one character for each octet. */
export type RawField = readonly [name: string, value: string];

export const roomy = { maxFieldSectionBytes: 65_536, maxFields: 128 };

/** Literals without indexing, names as text, no Huffman code. */
export function rawBlock(fields: readonly RawField[], first: number = 0x00): Buffer {
  return Buffer.concat(fields.map(([name, value]) => Buffer.concat([Buffer.from([first]), raw(name), raw(value)])));
}

function raw(text: string): Buffer {
  return Buffer.concat([rawInteger(text.length, 127, 0), Buffer.from(text, 'latin1')]);
}

export function rawInteger(value: number, mask: number, first: number): Buffer {
  if (value < mask) return Buffer.from([first | value]);
  const octets = [first | mask];
  let rest = value - mask;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push((rest % 128) | 128);
  return Buffer.from([...octets, rest]);
}

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
}

export function plain(fields: readonly Field[]): RawField[] {
  return fields.map(({ name, value }) => [name.name, value]);
}

/** What a new connection reads from one block. */
export function decoded(block: Buffer): Field[] {
  const decoder = new HeaderDecoder(4_096, roomy);
  if (!decoder.decode(block, 0, block.length)) throw new Error('compression error');
  return decoder.fields;
}
