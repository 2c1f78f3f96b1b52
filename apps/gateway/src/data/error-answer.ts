/**
 * The answer to a request that never became an exchange. It ends the connection: nothing that follows on it can be trusted.
 * `reason`: '' unless reasons may be shown.
 */
export function errorAnswer(status: number, text: string, reason: string): string {
  const body = `${text}\n`;
  const shown = reason === '' ? '' : `x-fairlead-reason: ${reason}\r\n`;
  return (
    `HTTP/1.1 ${status} ${phrases.get(status) ?? ''}\r\ndate: ${new Date().toUTCString()}\r\n` +
    `content-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\n${shown}connection: close\r\n\r\n${body}`
  );
}

const phrases: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [408, 'Request Timeout'],
  [413, 'Content Too Large'],
  [414, 'URI Too Long'],
  [417, 'Expectation Failed'],
  [421, 'Misdirected Request'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [505, 'HTTP Version Not Supported'],
]);
