import { expect, it } from 'vitest';
import { burstChart } from './chart.ts';

it('draws a bar per backend, and says who got nothing', () => {
  const backends = new Map([
    ['steady', { requests: 150, meanMs: 2.61 }],
    ['slow', { requests: 1, meanMs: 41.2 }],
  ]);
  expect(burstChart({ backends, failed: 149 }, ['steady', 'flaky', 'slow'])).toBe(
    [
      '  steady  ████████████████████                       150     2.6 ms',
      '  flaky                                                0',
      '  slow    ▏                                            1    41.2 ms',
      '  300 requests, 149 failed',
    ].join('\n'),
  );
});
