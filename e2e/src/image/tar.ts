import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { FileContent, ImageEntry } from './image-tree.ts';

const blockBytes = 512;

/** A tar of `entries`: POSIX ustar, with a pax record where a name is too long for it. */
export async function* tarOf(entries: Iterable<readonly [path: string, entry: ImageEntry]>): AsyncIterable<Buffer> {
  for (const [path, entry] of entries) {
    const size = entry.is === 'file' ? sizeOf(entry.content) : 0;
    yield* headersFor(entry.is === 'directory' ? `${path}/` : path, entry, size);
    if (entry.is !== 'file') continue;
    yield* bytesOf(entry.content, size);
    yield Buffer.alloc(padding(size));
  }
  yield Buffer.alloc(2 * blockBytes);
}

function sizeOf(content: FileContent): number {
  return Buffer.isBuffer(content) ? content.length : statSync(content.path).size;
}

async function* bytesOf(content: FileContent, size: number): AsyncIterable<Buffer> {
  if (Buffer.isBuffer(content)) {
    yield content;
    return;
  }
  let read = 0;
  for await (const chunk of createReadStream(content.path) as Readable & AsyncIterable<Buffer>) {
    read += chunk.length;
    yield chunk;
  }
  if (read !== size) throw new Error(`${content.path} changed while it was read`);
}

const typeFlags = { file: '0', link: '2', directory: '5', pax: 'x' } as const;
const nameBytes = 100;

function* headersFor(name: string, entry: ImageEntry, size: number): Iterable<Buffer> {
  const target = entry.is === 'link' ? entry.target : '';
  const records = [
    ...(Buffer.byteLength(name) > nameBytes ? [paxRecord('path', name)] : []),
    ...(Buffer.byteLength(target) > nameBytes ? [paxRecord('linkpath', target)] : []),
  ];
  if (records.length > 0) {
    const body = Buffer.from(records.join(''));
    yield header({ name: 'pax', flag: typeFlags.pax, mode: 0o644, size: body.length, target: '' });
    yield body;
    yield Buffer.alloc(padding(body.length));
  }
  yield header({ name, flag: typeFlags[entry.is], mode: entry.is === 'link' ? 0o777 : entry.mode, size, target });
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits too. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + String(bytes).length;
  if (bytes + String(length).length !== length) length++;
  return `${length}${rest}`;
}

interface HeaderFields {
  readonly name: string;
  readonly flag: string;
  readonly mode: number;
  readonly size: number;
  readonly target: string;
}

function header({ name, flag, mode, size, target }: HeaderFields): Buffer {
  const block = Buffer.alloc(blockBytes);
  // A name that is cut here stands whole in the pax record before.
  Buffer.from(name).copy(block, 0, 0, nameBytes);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(' '.repeat(8), 148);
  block.write(flag, 156);
  Buffer.from(target).copy(block, 157, 0, nameBytes);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\u0000 `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

function padding(size: number): number {
  return (blockBytes - (size % blockBytes)) % blockBytes;
}
