import { type Field, fieldLine } from '@fairlead/message';

/** What precedes `size` octets of a chunked body; CRLF follows them. `size` > 0: a chunk of 0 is the last. */
export function chunkHeader(size: number): string {
  return `${size.toString(16)}\r\n`;
}

/** Ends a chunked body without trailers. */
export const lastChunk = '0\r\n\r\n';

/** Ends a chunked body with trailers. */
export function trailerText(fields: readonly Field[]): string {
  let text = '0\r\n';
  for (let i = 0; i < fields.length; i++) text += fieldLine(fields[i]!);
  return `${text}\r\n`;
}
