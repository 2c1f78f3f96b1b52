import { type Field, type NameInfo, NameKind } from '@fairlead/message';
import type { Octets } from '../../octets.ts';
import { huffmanLength, writeHuffman } from './huffman-writer.ts';
import { writeInteger } from './integer.ts';
import { SlotMark } from './kept-blocks.ts';

/** Octets that a literal may have beside those of its texts: three integers of at most five, and what `KeptBlocks` overwrites behind it. */
export const literalOverhead = 20;

/** First octet and prefix of literals (RFC 7541 §6.2). */
export const Literal = {
  incremental: { first: 0x40, mask: 63 },
  plain: { first: 0x00, mask: 15 },
  neverIndexed: { first: 0x10, mask: 15 },
} as const;
type LiteralForm = (typeof Literal)[keyof typeof Literal];

/** Calls into the engine cost as much as this many octets in a loop. */
const shortText = 48;

/** Secrets are never indexed, nor what its sender marked so (RFC 7541 §7.1.3). */
export function isSensitive(field: Field): boolean {
  const { kind } = field.name;
  return kind === NameKind.secret || kind === NameKind.cookie || field.http2Slot === SlotMark.neverIndexed;
}

/** A name by its static index or as text, in Huffman code where that is shorter if `compressed`. Returns the offset behind it. */
export function writeName(bytes: Octets, at: number, name: NameInfo, form: LiteralForm, compressed: boolean): number {
  at = writeInteger(bytes, at, name.hpackIndex, form.mask, form.first);
  if (name.hpackIndex !== 0) return at;
  return compressed ? writeCompressed(bytes, at, name.name) : writeText(bytes, at, name.name);
}

/** A string literal as it is. */
export function writeText(bytes: Octets, at: number, text: string): number {
  const { length } = text;
  at = writeInteger(bytes, at, length, 127, 0);
  if (length > shortText) bytes.latin1Write(text, at, length);
  else for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + length;
}

/** A string literal in the shorter form. */
export function writeCompressed(bytes: Octets, at: number, text: string): number {
  const length = huffmanLength(text);
  if (length >= text.length) return writeText(bytes, at, text);
  return writeHuffman(bytes, writeInteger(bytes, at, length, 127, 0x80), text);
}
