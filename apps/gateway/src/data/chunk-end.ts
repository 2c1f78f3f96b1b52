import { lastChunk } from '@fairlead/wire';

/** What follows `size` octets of chunk data; with none of them, and `last`, it is the last chunk alone. */
export function chunkEnd(size: number, last: boolean): string {
  if (!last) return '\r\n';
  return size > 0 ? `\r\n${lastChunk}` : lastChunk;
}
