import { fieldLine, type RequestHead } from '@fairlead/message';

/** How the body that follows a head is framed. */
export type RequestFraming = 'none' | 'length' | 'chunked';

/**
 * A request head for HTTP/1.1, with its empty line. Framing is written from `framing` and `head.contentLength` alone; `Host`, `TE` and `Upgrade`
 * come from the members. `none` still says `Content-Length: 0` where the client did.
 */
export function requestHeadText(head: RequestHead, framing: RequestFraming): string {
  let text = `${head.method} ${head.path} HTTP/1.1\r\nhost: ${head.authority}\r\n`;
  const { fields } = head;
  for (let i = 0; i < fields.length; i++) text += fieldLine(fields[i]!);
  if (framing === 'chunked') text += 'transfer-encoding: chunked\r\n';
  else if (framing === 'length') text += `content-length: ${head.contentLength}\r\n`;
  else if (head.contentLength === 0) text += 'content-length: 0\r\n';
  if (head.upgrade !== '' || head.trailersAccepted) text += connectionLines(head);
  return `${text}\r\n`;
}

/** What belongs to the connection is named in Connection (RFC 9110 §7.6.1). */
function connectionLines(head: RequestHead): string {
  if (head.upgrade === '') return 'te: trailers\r\nconnection: te\r\n';
  if (!head.trailersAccepted) return `connection: upgrade\r\nupgrade: ${head.upgrade}\r\n`;
  return `te: trailers\r\nconnection: te, upgrade\r\nupgrade: ${head.upgrade}\r\n`;
}
