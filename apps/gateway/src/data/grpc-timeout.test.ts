import { expect, it } from 'vitest';
import { grpcTimeoutMs } from './grpc-timeout.ts';

it.each([
  ['1H', 3_600_000],
  ['2M', 120_000],
  ['15S', 15_000],
  ['100m', 100],
  ['500u', 0.5],
  ['1n', 0.000_001],
  ['99999999H', 99_999_999 * 3_600_000],
  ['0S', 0],
])('reads %s', (text, ms) => {
  expect(grpcTimeoutMs(text)).toBeCloseTo(ms, 9);
});

it.each(['', 'S', '1', '1s', '100000000S', '1.5S', '-1S', '+1S', ' 1S', '1S ', '1_0S', '１S'])(
  'takes %j for none',
  (text) => {
    expect(grpcTimeoutMs(text)).toBe(Number.POSITIVE_INFINITY);
  },
);
