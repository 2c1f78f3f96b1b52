import { expect, it } from 'vitest';
import { parseDurationMs } from './duration.ts';

it.each([
  ['0s', 0],
  ['500ms', 500],
  ['10s', 10_000],
  ['1h30m', 5_400_000],
  ['1m30s500ms', 90_500],
  ['1h1m1s1ms', 3_661_001],
  ['99999h', 359_996_400_000],
])('reads %s', (text, milliseconds) => {
  expect(parseDurationMs(text)).toBe(milliseconds);
});

it.each(['', '10', 's', '1.5s', '-1s', '1 s', '1d', '100000s', '1h1m1s1ms1ms', '1s\n'])('refuses %j', (text) => {
  expect(parseDurationMs(text)).toBeNull();
});
