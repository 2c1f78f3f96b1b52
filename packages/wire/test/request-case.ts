import type { Http1Limits } from '../src/index.ts';

/** Raw octets (latin1) and what the request parser must make of them; the notation is `describeReading`'s. */
export interface RequestCase {
  readonly name: string;
  readonly raw: string;
  readonly want: string;
  readonly limits?: Partial<Http1Limits>;
  readonly scheme?: 'https';
}

export function of(want: string, name: string, raw: string, more: Partial<RequestCase> = {}): RequestCase {
  return { name, raw, want, ...more };
}

/** A request line and Host, open for more fields. */
export const get = 'GET / HTTP/1.1\r\nHost: a\r\n';
export const post = 'POST / HTTP/1.1\r\nHost: a\r\n';
export const end = '\r\n';

/** Field lines of `count` octets in all. */
export function padding(count: number): string {
  return `X: ${'p'.repeat(count - 5)}\r\n`;
}
