/** Why a request never became an exchange, or could not be read to its end. A parser's error is one. */
export interface Refusal {
  readonly status: number;
  /** Stable; for metrics and `x-fairlead-reason`. */
  readonly code: string;
  readonly text: string;
}

export const headTimeout: Refusal = {
  status: 408,
  code: 'head_timeout',
  text: 'The head of the request took too long.',
};

export const slowBody: Refusal = {
  status: 408,
  code: 'slow_body',
  text: 'The body of the request came too slowly.',
};

/** The answer to a refused request. It ends the connection: nothing that follows on it can be trusted. */
export function errorAnswer({ status, code, text }: Refusal, exposeReason: boolean): string {
  const body = `${text}\n`;
  const shown = exposeReason ? `x-fairlead-reason: ${code}\r\n` : '';
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
