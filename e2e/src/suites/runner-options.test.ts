import { describe, expect, it } from 'vitest';
import { parseRunnerOptions, usage } from './runner-options.ts';
import type { Suite } from './suite.ts';

const suites: readonly Suite[] = ['smoke', 'pin'].map((name) => ({
  name,
  summary: `all of ${name}`,
  run: async () => {},
}));

describe('parseRunnerOptions', () => {
  it('takes one suite with its flags', () => {
    expect(parseRunnerOptions(['pin', '--json', '--only', 'http1,grpc', '--save'], suites, '/kept')).toEqual({
      suites: [suites[1]],
      only: ['http1', 'grpc'],
      json: true,
      keep: false,
      results: '/kept',
    });
  });

  it('takes all of them', () => {
    expect(parseRunnerOptions(['all'], suites, '/kept')).toMatchObject({ suites, results: null, only: [] });
  });

  it.each([
    [[], 'Name one suite, or all.'],
    [['smoke', 'pin'], 'Name one suite, or all.'],
    [['pins'], 'There is no suite pins.'],
    [['pin', '--fast'], "Unknown option '--fast'"],
  ])('refuses %j', (args, complaint) => {
    expect(parseRunnerOptions(args, suites, '/kept')).toContain(complaint);
  });

  it('lists the suites in its usage', () => {
    expect(usage(suites)).toContain('  pin         all of pin');
  });
});
