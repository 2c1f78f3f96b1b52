/** What a client begins an HTTP/2 connection with (RFC 9113 §3.4). */
export const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export const prefaceBytes: number = preface.length;

/** The octet at that place. */
export function prefaceByte(at: number): number {
  return preface.charCodeAt(at);
}
