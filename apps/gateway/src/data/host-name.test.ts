import { expect, it } from 'vitest';
import { hostName } from './host-name.ts';

it.each([
  ['example.com', 'example.com'],
  ['Example.COM', 'example.com'],
  ['example.com:8080', 'example.com'],
  ['example.com.', 'example.com'],
  ['example.com.:443', 'example.com'],
  ['[2001:DB8::1]', '[2001:db8::1]'],
  ['[2001:db8::1]:80', '[2001:db8::1]'],
  ['127.0.0.1:80', '127.0.0.1'],
  ['.', '.'],
  ['', ''],
])('the host of %j is %j', (authority, host) => {
  expect(hostName(authority)).toBe(host);
});
